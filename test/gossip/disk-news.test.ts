/** Who hears how soon how far a log is on a disk: at once those who wait for it, all others later and with other news. */
import { createHome, type Entry, noFencing, type SpaceMessage } from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { createLoneHome, type LoneHome } from "./lone-home.ts";

const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const C = "cccccccccccccccc";
const EDGE = "00000000000000ee";
const batch = { document: "x", type: "set", payload: Uint8Array.of(1) } as const;
const limits = { storedIntervalMs: 100, awaitedIntervalMs: 200, durableIntervalMs: 1000 };

const entryOf = (incarnation: string, number: number): Entry => ({
  incarnation,
  number,
  batch,
  author: null,
  after: new Map(),
});

const hello = (incarnation: string, count = 0): SpaceMessage => ({
  kind: "hello",
  incarnation,
  vector: new Map(count === 0 ? [] : [[incarnation, count]]),
  round: 1,
  isReply: true,
});

const stored = (log: string, number: number): SpaceMessage => ({
  kind: "stored",
  vector: new Map([[log, number]]),
});

const replicate = (log: string, number: number): SpaceMessage => ({
  kind: "replicate",
  entries: [entryOf(log, number)],
});

/** A home `a` that has met `b` and `c`, W = 2, and an edge there that has joined. */
const createMet = (): LoneHome => {
  const alone = createLoneHome(["b", "c"], limits, A, noFencing, 2);
  for (const [home, log] of [
    ["b", B],
    ["c", C],
  ] as const) {
    alone.runtime.submitted({ kind: "connected", home });
    alone.runtime.received(home, hello(log));
  }
  alone.runtime.received(EDGE, { kind: "join", edge: EDGE, vector: new Map() });
  for (const peer of ["b", "c", EDGE]) alone.take(peer);
  return alone;
};

describe("of a home's disk", () => {
  test("the owner of a log hears at once, a third home a little later", () => {
    const alone = createMet();

    alone.runtime.received("c", replicate(C, 1));

    expect(alone.take("c")).toEqual([stored(C, 1)]);
    expect(alone.take("b")).toEqual([]);
    alone.wakeAt(100);
    expect(alone.take("b")).toEqual([stored(C, 1)]);
    expect(alone.take("c")).toEqual([]);
  });

  test("a third home hears with what it waits for, if that comes first", () => {
    const alone = createMet();

    alone.runtime.received("c", replicate(C, 1));
    alone.runtime.received("b", replicate(B, 1));

    const vector = new Map([
      [C, 1],
      [B, 1],
    ]);
    expect(alone.take("b")).toEqual([{ kind: "stored", vector }]);
    alone.wakeAt(100);
    expect(alone.take("b")).toEqual([]);
  });

  // What stood in a fill counted as told; the receiver may have given the pull up and dropped it, or read only what it brings.
  test("a home that was brought forward hears in so many words", () => {
    const alone = createMet();
    alone.runtime.received("c", replicate(C, 1));

    alone.runtime.received("b", { kind: "pull", number: 1, vector: new Map() });

    expect(alone.take("b").map(({ kind }) => kind)).toEqual(["fill", "stored"]);
  });
});

describe("an author hears", () => {
  const submitted = (): LoneHome => {
    const alone = createMet();
    alone.runtime.received(EDGE, { kind: "submit", firstNumber: 1, batches: [batch, batch] });
    alone.take(EDGE);
    return alone;
  };

  test("at once of the disk that makes a quorum, a little later of the last", () => {
    const alone = submitted();

    alone.runtime.received("b", stored(A, 2));
    expect(alone.take(EDGE)).toMatchObject([{ kind: "durable", home: "b" }]);
    alone.runtime.received("c", stored(A, 2));
    expect(alone.take(EDGE)).toEqual([]);

    alone.wakeAt(200);
    expect(alone.take(EDGE)).toMatchObject([{ kind: "durable", home: "c" }]);
  });

  test("of the last disk with the next one that makes a quorum, if that comes first", () => {
    const alone = submitted();
    alone.runtime.received("b", stored(A, 1));
    alone.runtime.received("c", stored(A, 1));
    alone.take(EDGE);

    alone.runtime.received("c", stored(A, 2));

    const homes = alone.take(EDGE).map((message) => "home" in message && message.home);
    expect(homes).toEqual(["c"]);
  });

  test("and one that waits for nothing, now and then", () => {
    const alone = createMet();

    alone.runtime.received("b", replicate(B, 1));
    alone.take(EDGE);
    alone.wakeAt(999);
    expect(alone.take(EDGE)).toEqual([]);

    alone.wakeAt(1000);
    expect(alone.take(EDGE).map(({ kind }) => kind)).toEqual(["durable"]);
  });
});

// Each batch gave what was on its way a new grace, and each grace was a wake of its own, though the batch was there long before.
test("a home that is busy is woken no more often than one that is not", () => {
  const home = createHome(
    { home: "a", incarnation: A, others: ["b", "c"], writeQuorum: 2, readQuorum: 1 },
    limits,
  );
  const wakes: number[] = [];
  const step = (nowMs: number, from: string, message: SpaceMessage): void => {
    for (const effect of home.step({ kind: "received", from, message }, nowMs)) {
      if (effect.kind === "wake") wakes.push(effect.atMs);
    }
  };
  home.recover([], 0);
  step(0, "b", hello(B));
  step(0, "c", hello(C));
  wakes.length = 0;

  for (let number = 1; number <= 90; number += 1) {
    step(number, "c", stored(B, number));
    step(number, "b", replicate(B, number));
  }

  expect(wakes.length).toBeLessThanOrEqual(1);
});
