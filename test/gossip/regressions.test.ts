/** Bugs of homes and of the wire that the worlds from seeds have found, each as its smallest exchange. The sentence above a test says what was wrong. */
import {
  createHome,
  type Batch,
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type Entry,
  type SpaceMessage,
  type State,
} from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createLoneHome, type LoneHome } from "./lone-home.ts";
import { createWorld } from "./world.ts";

const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const C = "cccccccccccccccc";
const D = "dddddddddddddddd";
const EDGE = "00000000000000ee";

const batchOf = (document: string): Batch => ({ document, type: "set", payload: Uint8Array.of(1) });

const entryOf = (incarnation: string, number: number, document = "x"): Entry => ({
  incarnation,
  number,
  batch: batchOf(document),
  author: null,
  after: new Map(),
});

const stateOf = (document: string, last: readonly (readonly [string, number])[]): State => ({
  ...batchOf(document),
  last: new Map(last),
});

const hello = (
  incarnation: string,
  vector: readonly (readonly [string, number])[] = [],
): SpaceMessage => ({
  kind: "hello",
  incarnation,
  vector: new Map(vector),
  round: 0,
  isReply: false,
});

const meet = (alone: LoneHome, peer: string, ...vector: Parameters<typeof hello>): void => {
  alone.runtime.submitted({ kind: "connected", home: peer });
  alone.runtime.received(peer, hello(...vector));
  alone.take(peer);
};

describe("a catch-up", () => {
  // It read states as they were when it came to them: one that had come in since held a reply whose question, in another document, was not
  // in the snapshot.
  test("leaves out a state that came in while it was reading", () => {
    const alone = createLoneHome(["b", "c"]);
    meet(alone, "b", B, [[B, 2]]);
    const first = { entries: [], edges: [], isLast: true, number: 1 };
    const states = [stateOf("x", [[B, 2]])];
    alone.runtime.received("b", { kind: "fill", ...first, states, vector: new Map([[B, 2]]) });
    alone.holdLoads();
    alone.runtime.received(EDGE, { kind: "join", edge: EDGE, vector: new Map() });
    alone.releaseLoad();

    meet(alone, "c", C, [[C, 2]]);
    const later = [stateOf("x", [[C, 1]]), stateOf("y", [[C, 2]])];
    alone.runtime.received("c", {
      kind: "fill",
      ...first,
      number: 2,
      states: later,
      vector: new Map([[C, 2]]),
    });
    for (let count = 0; count < 4; count += 1) alone.releaseLoad();

    const group = alone.take(EDGE).find(({ kind }) => kind === "group");
    expect(group).toMatchObject({ states: [{ document: "x" }], vector: new Map([[B, 2]]) });
  });

  // The pages of an answer that had been given up were taken for the first pages of the next one, and its end for the end: the vector then
  // covered entries that had never come.
  test("that was given up gives no page to the next one", () => {
    const alone = createLoneHome(["b"], { pullTimeoutMs: 100, pullGraceMs: 0 });
    meet(alone, "b", B, [[B, 2]]);
    for (const atMs of [200, 201]) alone.wakeAt(atMs);
    expect(alone.home.state.pull?.number).toBe(2);
    const page = { states: [], edges: [], number: 1 } as const;
    alone.runtime.received("b", {
      kind: "fill",
      ...page,
      entries: [entryOf(B, 2)],
      isLast: true,
      vector: new Map([[B, 2]]),
    });

    expect(alone.home.state.accepted.get(B)).toBeUndefined();
  });

  // A home that learned of its own later entries from an answer, not from a hello, went on in its old log.
  test("that knows more of the own log tells of an old copy", () => {
    const alone = createLoneHome(["b"], {}, A);
    meet(alone, "b", B, [[B, 1]]);
    const page = { states: [], edges: [], number: 1, isLast: true } as const;
    const vector = new Map([
      [A, 3],
      [B, 1],
    ]);
    alone.runtime.received("b", { kind: "fill", ...page, entries: [entryOf(B, 1)], vector });

    expect(alone.outputs).toEqual([{ kind: "rolled-back", home: "b", number: 3 }]);
    expect(alone.home.state.accepted.size).toBe(0);
  });

  // One who claims what it cannot give was asked again at once, and again, as fast as the link could carry it.
  test("that brings nothing is not asked for again without a pause", () => {
    const alone = createLoneHome(["b"], { pullGraceMs: 100 });
    alone.runtime.submitted({ kind: "connected", home: "b" });
    alone.runtime.received("b", hello(B, [[B, 5]]));
    alone.take("b");

    const empty = {
      kind: "fill",
      entries: [],
      states: [],
      edges: [],
      isLast: true,
      vector: new Map(),
    } as const;
    alone.runtime.received("b", { ...empty, number: 1 });

    expect(alone.take("b")).toEqual([]);
    alone.wakeAt(100);
    expect(alone.take("b").map(({ kind }) => kind)).toEqual(["pull"]);
  });
});

describe("a home", () => {
  // Where every home is in each write quorum, one is enough to read. So a home opened before anybody was connected; rolled back in place, it gave numbers anew.
  test("does not believe its own log before another has answered, or none can", () => {
    const config = { home: "a", incarnation: A, others: ["b"], writeQuorum: 2, readQuorum: 1 };
    const home = createHome(config, {});
    const welcomes = (input: Parameters<typeof home.step>[0], nowMs: number): boolean =>
      home
        .step(input, nowMs)
        .some((effect) => effect.kind === "send" && effect.message.kind === "welcome");
    const message = { kind: "join", edge: "00000000000000ee", vector: new Map() } as const;
    home.recover([], 0);

    expect(welcomes({ kind: "received", from: "e", message }, 1)).toBe(false);
    const request = { kind: "unreachable", home: "b" } as const;
    expect(welcomes({ kind: "submitted", request }, 2)).toBe(true);
  });

  // Of batches in a row of one edge only the last was noted, also where they stood in two logs: the edge's number went back, and what it sent again was admitted twice.
  test("knows the highest of an edge's numbers in two logs that come in together", () => {
    const alone = createLoneHome(["b", "c", "d"]);
    for (const [peer, log] of Object.entries({ b: B, c: C, d: D })) meet(alone, peer, log);
    const reply = (log: string, number: number): Entry => ({
      ...entryOf(log, 1),
      author: { edge: EDGE, number },
      after: new Map([[D, 1]]),
    });
    alone.runtime.received("b", { kind: "replicate", entries: [reply(B, 6)] });
    alone.runtime.received("c", { kind: "replicate", entries: [reply(C, 3)] });
    alone.runtime.received("d", { kind: "replicate", entries: [entryOf(D, 1)] });

    alone.runtime.received("e", { kind: "join", edge: EDGE, vector: new Map() });

    const dot = { incarnation: B, number: 1 };
    expect(alone.take("e")).toContainEqual(
      expect.objectContaining({ kind: "welcome", admitted: { number: 6, dot } }),
    );
  });

  // Other homes' logs that grew between a home's hello and the answer to it were never told of: the other end was not heard yet.
  test("tells what came to its disk between its hello and the answer", () => {
    const alone = createLoneHome(["b", "c"]);
    meet(alone, "c", C);
    alone.runtime.submitted({ kind: "connected", home: "b" });
    alone.take("b");
    alone.runtime.received("c", { kind: "replicate", entries: [entryOf(C, 1)] });

    alone.runtime.received("b", { ...hello(B), isReply: true } as SpaceMessage);

    expect(alone.take("b")).toContainEqual({ kind: "stored", vector: new Map([[C, 1]]) });
  });

  // Entries that were on their way to the disk when a compaction began were taken off the count with the others.
  test("counts what a compaction did not look at towards the next one", () => {
    const world = createWorld({
      seed: 1,
      homeCount: 1,
      edgeCount: 1,
      homeLimits: { compactAfterEntries: 10, compactEntriesMin: 2 },
    });
    world.runUntil(() => whyNotAgreed(world), 1000);
    for (let count = 0; count < 25; count += 1) world.edges[0]!.edit("x");
    world.run(1000);

    expect(world.home("a").outputs.map(({ kind }) => kind)).toContain("compact");
  });

  // A hello of the same directory with less in it (an older copy, before it took a new incarnation) was passed on as growth, that is, not at all.
  test("tells edges of a disk that has less than it had", () => {
    const alone = createLoneHome(["b"]);
    meet(alone, "b", B);
    alone.runtime.received(EDGE, { kind: "join", edge: EDGE, vector: new Map() });
    alone.runtime.received(EDGE, {
      kind: "submit",
      firstNumber: 1,
      batches: [batchOf("x"), batchOf("x")],
    });
    const log = alone.home.state.config.incarnation;
    alone.runtime.received("b", { kind: "stored", vector: new Map([[log, 1]]) });
    alone.take(EDGE);

    alone.runtime.received("b", hello(B));

    expect(alone.take(EDGE)).toEqual([
      { kind: "durable", home: "b", incarnation: B, vector: new Map(), isWhole: true },
    ]);
  });
});

// A message that was encoded before any log was named, sent first on a connection after some were, made the writer believe it had named them.
test("a connection whose first message names no log names them with the next", () => {
  const writer = createSpaceWriter("s", 1);
  const presence: SpaceMessage = { kind: "presence", key: 1, bytes: Uint8Array.of(1) };
  createLinkWriter().message(writer, presence);
  createLinkWriter().message(writer, { kind: "stored", vector: new Map([[A, 1]]) });

  const link = createLinkWriter();
  const reader = createLinkReader(1);
  reader.read(link.message(writer, presence));

  const said: SpaceMessage = { kind: "stored", vector: new Map([[A, 2]]) };
  expect(reader.read(link.message(writer, said))).toEqual([
    { kind: "space", space: "s", message: said },
  ]);
});
