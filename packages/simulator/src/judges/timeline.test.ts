/** What a verdict looks like in a terminal. */
import { expect, test } from "vitest";
import type { Operation } from "./history.ts";
import { judgeLinearizability } from "./linearizability.ts";
import { registerModel } from "./models/register.ts";
import { describeVerdict } from "./timeline.ts";

const operations: readonly Operation[] = [
  {
    client: "ann",
    key: "x",
    callTime: 0,
    input: { kind: "write", value: 3 },
    outcome: { kind: "unknown" },
  },
  {
    client: "bob",
    key: "x",
    callTime: 5,
    input: { kind: "read" },
    outcome: { kind: "returned", time: 9, output: 3 },
  },
  {
    client: "cyd",
    key: "x",
    callTime: 20,
    input: { kind: "read" },
    outcome: { kind: "returned", time: 21, output: null },
  },
];

test("a violation is a sentence and a timeline", () => {
  expect(describeVerdict(judgeLinearizability(operations, registerModel()))).toBe(
    [
      "linearizability: violated (1)",
      "",
      "on x: cyd read null after bob's read of 3 had returned",
      "    bob  |-------------|                                    read 3",
      "  ! cyd                               |-------------|       read null",
    ].join("\n"),
  );
});

test("what holds or is undecided is one line", () => {
  const [first = operations[0]!] = operations;

  expect(describeVerdict(judgeLinearizability([first], registerModel()))).toBe(
    "linearizability: holds (1 judged)",
  );
  expect(describeVerdict({ kind: "undecided", guarantee: "convergence", reason: "why" })).toBe(
    "convergence: undecided (why)",
  );
});
