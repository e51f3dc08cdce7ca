/** A history comes back from its lines, and no line can do harm. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rangesOfDots } from "./dot-ranges.ts";
import type { History, Observation, Operation } from "./history.ts";
import {
  createRecorder,
  LINE_ERRORS_MAX,
  LINE_LENGTH_MAX,
  readHistory,
  writeHistory,
} from "./history-lines.ts";

const name = fc.constantFrom("a", "b", "__proto__", 'q"\n');
const time = fc.integer({ min: 0, max: 100 });
const dot = fc.record({ origin: name, number: fc.integer({ min: 1, max: 9 }) });
const set = fc.array(dot, { maxLength: 8 }).map(rangesOfDots);
const value = fc
  .jsonValue({ maxDepth: 3 })
  .map((json) => JSON.parse(JSON.stringify(json)) as unknown);

const operation: fc.Arbitrary<Operation> = fc
  .tuple(name, name, time, value, value, fc.constantFrom("returned", "unknown", "failed"), time)
  .map(([client, key, callTime, input, output, kind, duration]) => ({
    client,
    key,
    callTime,
    input,
    outcome:
      kind === "returned"
        ? { kind, time: callTime + duration, output }
        : { kind: kind as "unknown" | "failed" },
  }));

const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), session: name, time, dot }),
  fc.record({ kind: fc.constant("write" as const), session: name, time, dot, deletes: set }),
  fc.record({
    kind: fc.constant("acknowledgement" as const),
    session: name,
    time,
    dot,
    level: name,
  }),
  fc.record({ kind: fc.constant("read" as const), session: name, time, seen: set }),
  fc.record({
    kind: fc.constant("read" as const),
    session: name,
    time,
    callTime: fc.constant(0),
    replica: name,
    seen: set,
    present: set,
    promises: name,
  }),
  fc.record({
    kind: fc.constant("replica" as const),
    replica: name,
    time,
    digest: name,
    seen: set,
    present: set,
    isFinal: fc.boolean(),
  }),
);

const errorOf = (...lines: readonly string[]): string | undefined => {
  const { errors } = readHistory(lines);
  return errors[0] === undefined ? undefined : `${errors[0].line}: ${errors[0].reason}`;
};

const call =
  '{"kind":"call","operation":1,"client":"a","key":"x","time":3,"input":{"kind":"read"}}';

test("a history comes back from its lines", () => {
  fc.assert(
    fc.property(fc.array(operation), fc.array(observation), (operations, observations) => {
      const history: History = { operations, observations };

      expect(readHistory(writeHistory(history))).toEqual({ history, errors: [], errorCount: 0 });
    }),
  );
});

test("what was recorded until a recorder died is read, with the last call's outcome unknown", () => {
  const lines: string[] = [];
  const recorder = createRecorder((line) => lines.push(line));
  const first = recorder.called({ client: "a", key: "x", callTime: 1, input: { kind: "read" } });
  recorder.returned(first, 2, 5);
  recorder.called({ client: "a", key: "x", callTime: 3, input: { kind: "write", value: 6 } });
  recorder.observed({ kind: "read", session: "a", time: 4, seen: new Map() });

  const { history, errors } = readHistory(`${lines.join("\n")}\n{"kind":"read","sess`);

  expect(history.operations.map(({ outcome }) => outcome.kind)).toEqual(["returned", "unknown"]);
  expect(history.observations).toHaveLength(1);
  expect(errors).toEqual([{ line: 5, reason: "no JSON object" }]);
});

test("a number alone stands for everything up to it", () => {
  const { history } = readHistory(
    '{"kind":"read","session":"a","time":1,"seen":{"b":3,"c":[2,[4,6]]}}',
  );

  expect(history.observations[0]).toEqual({
    kind: "read",
    session: "a",
    time: 1,
    seen: new Map([
      ["b", [[1, 3]]],
      [
        "c",
        [
          [2, 2],
          [4, 6],
        ],
      ],
    ]),
  });
});

describe("a line that is not understood is told with its number", () => {
  test.each([
    ["no JSON object", "nonsense"],
    ["no JSON object", "[]"],
    ["the kind is unknown", '{"kind":"wrote","session":"a","time":1}'],
    ["the session is no text", '{"kind":"read","time":1,"seen":{}}'],
    ["the time is no number", '{"kind":"read","session":"a","time":"1","seen":{}}'],
    ["seen is no set of dots", '{"kind":"read","session":"a","time":1}'],
    ["seen is no set of dots", '{"kind":"read","session":"a","time":1,"seen":{"a":-1}}'],
    ["seen is no set of dots", '{"kind":"read","session":"a","time":1,"seen":{"a":[[2,1]]}}'],
    ["seen is no set of dots", '{"kind":"read","session":"a","time":1,"seen":{"a":[1,2]}}'],
    ["seen is no set of dots", '{"kind":"read","session":"a","time":1,"seen":{"a":[[1,2,3]]}}'],
    ["the dot is no origin and number", '{"kind":"write","session":"a","time":1,"dot":["a",1]}'],
    [
      "the level is no text",
      '{"kind":"acknowledgement","session":"a","time":1,"dot":{"origin":"a","number":1}}',
    ],
    ["isFinal is neither true nor false", '{"kind":"replica","replica":"a","time":1,"digest":"x"}'],
    ["the operation was not called before", '{"kind":"return","operation":1,"time":1}'],
    ["the client is no text", '{"kind":"call","operation":1,"key":"x","time":1}'],
  ])("%s: %s", (reason, line) => {
    expect(errorOf("", line)).toBe(`2: ${reason}`);
  });

  test("an answer that comes twice", () => {
    const answer = '{"kind":"return","operation":1,"time":4,"output":1}';

    expect(errorOf(call, answer, answer)).toBe("3: the operation was answered before");
  });

  test("an answer before its call", () => {
    const answer = '{"kind":"return","operation":1,"time":2,"output":1}';

    expect(errorOf(call, answer)).toBe("2: the time is before that of the call");
  });

  test("a call that comes twice", () => {
    expect(errorOf(call, call)).toBe("2: operation 1 was called before");
  });

  test("one that is too long or too deep", () => {
    expect(errorOf(`"${"a".repeat(LINE_LENGTH_MAX)}"`)).toContain("longer than");
    expect(errorOf("[".repeat(100_000))).toContain("nested deeper");
    expect(errorOf(call.replace('"x"', `"${"[".repeat(100)}"`))).toBe(undefined);
  });
});

test("many errors are counted and few are shown", () => {
  const { errors, errorCount } = readHistory("nonsense\n".repeat(1000));

  expect(errorCount).toBe(1000);
  expect(errors).toHaveLength(LINE_ERRORS_MAX);
});

test("no text makes the reader throw", () => {
  const piece = fc.constantFrom(
    '{"kind":"',
    "read",
    "call",
    '",',
    '"seen":{"a":',
    "[[1,",
    "9]]",
    "}",
    "1e999",
    "\n",
    "null",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      expect(() => readHistory(pieces.join(""))).not.toThrow();
    }),
  );
});
