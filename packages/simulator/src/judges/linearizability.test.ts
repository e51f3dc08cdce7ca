/** What the judge of linearizability says of small histories, and how it ends on large ones. */
import { describe, expect, test } from "vitest";
import type { Operation, Outcome } from "./history.ts";
import { judgeLinearizability } from "./linearizability.ts";
import { claimModel } from "./models/claim.ts";
import { counterModel } from "./models/counter.ts";
import { lockModel } from "./models/lock.ts";
import type { Model } from "./models/model.ts";
import { registerModel } from "./models/register.ts";
import { sequenceModel } from "./models/sequence.ts";
import { versionedModel } from "./models/versioned.ts";
import type { Verdict } from "./verdict.ts";

const unknown: Outcome = { kind: "unknown" };

const operation = (
  client: string,
  [callTime, returnTime]: readonly [number, number?],
  input: unknown,
  output: unknown = null,
): Operation => ({
  client,
  key: "x",
  callTime,
  input,
  outcome: returnTime === undefined ? unknown : { kind: "returned", time: returnTime, output },
});

const write = (value: unknown): unknown => ({ kind: "write", value });
const read = { kind: "read" };

const sentenceOf = (verdict: Verdict): string =>
  verdict.kind === "violated" ? (verdict.violations[0]?.sentence ?? "") : verdict.kind;

const judge = <State, Input, Output>(
  model: Model<State, Input, Output>,
  ...operations: readonly Operation[]
): string => sentenceOf(judgeLinearizability(operations, model));

describe("of a register", () => {
  const model = registerModel();

  test("a read of what was overwritten is told with the writes", () => {
    const sentence = judge(
      model,
      operation("d", [0, 9], write(7)),
      operation("a", [0, 1], write(3)),
      operation("c", [2, 3], write(4)),
      operation("d", [10, 11], read, 3),
    );

    expect(sentence).toBe(
      "on x: d read 3 after a's write of 3 and then c's write of 4 had returned",
    );
  });

  test("the same is found by search, where a value was written twice", () => {
    const sentence = judge(
      model,
      operation("a", [0, 1], write(3)),
      operation("b", [0, 1], write(3)),
      operation("c", [2, 3], write(4)),
      operation("d", [5, 6], read, 3),
    );

    expect(sentence).toBe(
      "on x: d read 3 after a's write of 3 and b's write of 3 and then c's write of 4 had returned",
    );
  });

  test("a read of what nobody wrote is told alone", () => {
    expect(judge(model, operation("a", [0, 1], write(3)), operation("b", [0, 5], read, 4))).toBe(
      "on x: b read 4, which no order of the other operations allows",
    );
  });

  test("a read may see a write that is under way, and the next read must then see it, too", () => {
    const first = [operation("a", [0, 9], write(3)), operation("b", [1, 2], read, 3)];

    expect(judge(model, ...first)).toBe("holds");
    expect(judge(model, ...first, operation("c", [3, 4], read, null))).toBe(
      "on x: c read null after b's read of 3 had returned",
    );
  });

  test("what returned at the time at which another was called was not before it", () => {
    const [first, second] = [operation("a", [0, 5], write(3)), operation("b", [5, 6], read, null)];

    expect(judge(model, first, second)).toBe("holds");
    expect(judge(model, first, { ...second, callTime: 5.5 })).not.toBe("holds");
  });

  test("a write of unknown outcome may take effect late, or never, but not before its call", () => {
    const lost = operation("a", [2], write(3));

    expect(judge(model, lost, operation("b", [90, 91], read, null))).toBe("holds");
    expect(judge(model, lost, operation("b", [90, 91], read, 3))).toBe("holds");
    expect(judge(model, lost, operation("b", [0, 1], read, 3))).not.toBe("holds");
  });

  test("a write that failed had no effect", () => {
    const failed: Operation = { ...operation("a", [0], write(3)), outcome: { kind: "failed" } };

    expect(judge(model, failed, operation("b", [1, 2], read, 3))).not.toBe("holds");
  });

  test("keys have nothing to do with each other", () => {
    const other = { ...operation("a", [0, 1], write(3)), key: "y" };

    expect(judge(model, other, operation("b", [2, 3], read, null))).toBe("holds");
    expect(judge(model, other, { ...operation("b", [2, 3], read, null), key: "y" })).toContain(
      "on y:",
    );
  });
});

describe("a planted violation is found", () => {
  test("of a versioned register: two compare-and-sets win over one version", () => {
    const swap = { kind: "compare-and-set", expectedVersion: 0, value: 1 };
    const sentence = judge(
      versionedModel(),
      operation("a", [0, 5], swap, { kind: "stored", version: 1 }),
      operation("b", [1, 6], { ...swap, value: 2 }, { kind: "stored", version: 2 }),
    );

    expect(sentence).toBe(
      "on x: b wrote 2 over version 0 as version 2 while a's write of 1 over version 0 as version 1 was under way",
    );
  });

  test("of a claim: two owners", () => {
    const sentence = judge(
      claimModel(),
      operation("a", [0, 5], { kind: "claim", owner: "ann" }, { kind: "granted" }),
      operation("b", [1, 6], { kind: "claim", owner: "bob" }, { kind: "granted" }),
    );

    expect(sentence).toBe("on x: b got the claim for bob while a's claim for ann was under way");
  });

  test("of a lock: two holders", () => {
    const operations = [
      operation("a", [0, 1], { kind: "acquire", owner: "a" }, { kind: "granted", token: 1 }),
      operation("b", [2, 3], { kind: "acquire", owner: "b" }, { kind: "granted", token: 2 }),
    ];

    expect(judge(lockModel({ canExpire: false }), ...operations)).toBe(
      "on x: b got the grant of token 2 for b after a's grant of token 1 for a had returned",
    );
    expect(judge(lockModel({ canExpire: true }), ...operations)).toBe("holds");
  });

  test("of a lease: a stale token is accepted after a newer one", () => {
    const operations = [
      operation("a", [0, 1], { kind: "acquire", owner: "a" }, { kind: "granted", token: 1 }),
      operation("b", [2, 3], { kind: "acquire", owner: "b" }, { kind: "granted", token: 2 }),
      operation("b", [4, 5], { kind: "use", token: 2 }, { kind: "accepted" }),
      operation("a", [6, 7], { kind: "use", token: 1 }, { kind: "accepted" }),
    ];

    expect(judge(lockModel({ canExpire: true }), ...operations)).toBe(
      "on x: a had its write with token 1 accepted after b's accepted write with token 2 had returned",
    );
  });

  test("of a lease: a token comes twice", () => {
    const grant = { kind: "granted", token: 4 };

    expect(
      judge(
        lockModel({ canExpire: true }),
        operation("a", [0, 9], { kind: "acquire", owner: "a" }, grant),
        operation("b", [0, 9], { kind: "acquire", owner: "b" }, grant),
      ),
    ).toContain("token 4");
  });

  test("of a counter: more is granted than there is", () => {
    const reserve = { kind: "reserve", count: 2 };
    const done = { kind: "done" };

    expect(
      judge(
        counterModel({ limit: 3 }),
        operation("a", [0, 9], reserve, done),
        operation("b", [1, 8], reserve, done),
      ),
    ).toBe("on x: a reserved 2 while b's reservation of 2 was under way");
  });

  test("of a sequence: a number comes twice, or a later one is smaller", () => {
    const model = sequenceModel({ gaps: "may-skip" });
    const next = { kind: "next" };
    const first = operation("a", [0, 1], next, 5);

    expect(judge(model, first, operation("b", [0, 1], next, 5))).toContain("number 5");
    expect(judge(model, first, operation("b", [2, 3], next, 4))).toBe(
      "on x: b got number 4 after a's number 5 had returned",
    );
    expect(judge(model, first, operation("b", [2, 3], next, 7))).toBe("holds");
    expect(judge(sequenceModel({ gaps: "gapless" }), operation("b", [2, 3], next, 7))).toContain(
      "number 7",
    );
  });
});

describe("what cannot be judged is undecided, with the reason", () => {
  test.each([
    ["an input of another object", operation("a", [0, 1], { kind: "acquire" })],
    ["no input", operation("a", [0, 1], undefined)],
    ["a return before the call", operation("a", [1, 0], read)],
    ["a time that is none", operation("a", [Number.NaN, 1], read)],
  ])("%s", (_, wrong) => {
    const verdict = judgeLinearizability([wrong], registerModel());

    expect(verdict).toMatchObject({ kind: "undecided" });
    expect(verdict.kind === "undecided" && verdict.reason).toContain("operation 1 is none of a");
  });

  /** Reservations that overlap all, of different sizes, and one read that none of their sums allows. */
  const hard = (count: number): readonly Operation[] => [
    ...Array.from({ length: count }, (_, index) =>
      operation(`c${index}`, [0, 1000], { kind: "reserve", count: 2 ** index }, { kind: "done" }),
    ),
    operation("r", [0, 1000], { kind: "read" }, { kind: "remaining", remaining: -1 }),
  ];

  test("too many steps", () => {
    const verdict = judgeLinearizability(hard(24), counterModel({ limit: 2 ** 40 }), {
      stepsMax: 10_000,
    });

    expect(verdict).toMatchObject({
      kind: "undecided",
      reason: "the search takes too many steps, at key x",
    });
  });

  test("too much memory", () => {
    const verdict = judgeLinearizability(hard(24), counterModel({ limit: 2 ** 40 }), {
      memoryBytesMax: 100_000,
    });

    expect(verdict).toMatchObject({
      kind: "undecided",
      reason: "the search takes too much memory, at key x",
    });
  });

  test("but a violation on another key is told", () => {
    const operations = [
      ...hard(24),
      {
        ...operation("a", [0, 1], { kind: "read" }, { kind: "remaining", remaining: 1 }),
        key: "y",
      },
    ];
    const verdict = judgeLinearizability(operations, counterModel({ limit: 2 ** 40 }), {
      stepsMax: 10_000,
    });

    expect(sentenceOf(verdict)).toContain("on y:");
  });
});

describe("a worst case ends soon", { timeout: 60_000 }, () => {
  test("1,000 lost writes on one key, of which a few were read", () => {
    const lost = Array.from({ length: 1000 }, (_, index) =>
      operation(`c${index}`, [index], write(index % 700)),
    );
    const reads = Array.from({ length: 300 }, (_, index) =>
      operation("r", [2000 + 2 * index, 2001 + 2 * index], read, index),
    );

    expect(judge(registerModel(), ...lost, ...reads)).toBe("holds");
    // Of 5 there are two lost writes, and here it is read three times, with others between.
    const more = [698, 5, 699, 5].map((value, index) =>
      operation("r", [3000 + 2 * index, 3001 + 2 * index], read, value),
    );
    expect(judge(registerModel(), ...lost, ...reads, ...more)).toContain("r read 5");
  });

  test("2,000 lost reservations of different sizes, of which no sum is odd: undecided at the memory limit", () => {
    const lost = Array.from({ length: 2000 }, (_, index) =>
      operation(`c${index}`, [index], { kind: "reserve", count: 2 * index + 2 }),
    );
    const odd = operation("r", [5000, 5001], read, { kind: "remaining", remaining: 1 });
    const verdict = judgeLinearizability([...lost, odd], counterModel({ limit: 10_000_000 }), {
      memoryBytesMax: 8 * 1024 * 1024,
    });

    expect(verdict).toMatchObject({ kind: "undecided" });
  });

  test("100 lost reservations on one key", () => {
    const lost = Array.from({ length: 100 }, (_, index) =>
      operation(`c${index}`, [index], { kind: "reserve", count: 1 + (index % 2) }),
    );
    const left = (remaining: number, at: number): Operation =>
      operation("r", [at, at + 1], { kind: "read" }, { kind: "remaining", remaining });
    const model = counterModel({ limit: 200 });

    expect(judge(model, ...lost, left(140, 300), left(80, 302))).toBe("holds");
    expect(judge(model, ...lost, left(80, 300), left(140, 302))).toContain("140 left");
  });
});

test("a long history's violation is proven by few", { timeout: 60_000 }, () => {
  const operations: Operation[] = [];
  for (let index = 0; index < 400; index += 1) {
    const value = index % 3;
    operations.push(operation("w", [10 * index, 10 * index + 5], write(value)));
    operations.push(operation("r", [10 * index + 6, 10 * index + 9], read, value));
  }
  operations[601] = operation("r", [3006, 3009], read, 1);

  const verdict = judgeLinearizability(operations, registerModel());

  expect(sentenceOf(verdict)).toBe(
    "on x: r read 1 after w's write of 0 had returned, whatever had returned before time 3000",
  );
});
