/** The page of a verdict has everything in it, and nothing of a history becomes markup. */
import { expect, test } from "vitest";
import type { Operation } from "./history.ts";
import { judgeLinearizability } from "./linearizability.ts";
import { registerModel } from "./models/register.ts";
import { timelinePage } from "./timeline-page.ts";

const read = (client: string, callTime: number, output: unknown): Operation => ({
  client,
  key: "x",
  callTime,
  input: { kind: "read" },
  outcome: { kind: "returned", time: callTime + 1, output },
});

test("a violation is a sentence and a drawing with a bar for each fact", () => {
  const write: Operation = {
    client: "ann",
    key: "x",
    callTime: 0,
    input: { kind: "write", value: 4 },
    outcome: { kind: "returned", time: 1, output: null },
  };
  const page = timelinePage(judgeLinearizability([write, read("bob", 2, null)], registerModel()));

  expect(page).toContain("bob read null after ann&#39;s write of 4 had returned");
  expect(page.match(/<rect/gu)).toHaveLength(2);
  expect(page.match(/class="bad"/gu)).toHaveLength(1);
});

test("what clients wrote stays text", () => {
  const page = timelinePage(
    judgeLinearizability([read("<script>", 0, "<img onerror='x'>")], registerModel()),
  );

  expect(page).not.toMatch(/<script|<img/u);
  expect(page).toContain("&#60;script&#62;");
});

test("what holds or is undecided is told", () => {
  expect(timelinePage({ kind: "holds", guarantee: "convergence", judgedCount: 3 })).toContain(
    "3 judged",
  );
  expect(
    timelinePage({ kind: "undecided", guarantee: "convergence", reason: "why & how" }),
  ).toContain("why &#38; how");
});
