/** Bugs of edges that the worlds from seeds have found, each as its smallest exchange. The sentence above a test says what was wrong. */
import {
  type Batch,
  createEdge,
  type EdgeOutput,
  type EdgeRequest,
  type SpaceMessage,
} from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createWorld } from "./world.ts";

const A = "aaaaaaaaaaaaaaaa";
const B = "bbbbbbbbbbbbbbbb";
const C = "cccccccccccccccc";
const EDGE = "00000000000000ee";

const batchOf = (document: string): Batch => ({ document, type: "set", payload: Uint8Array.of(1) });

const createTalkingEdge = (): {
  readonly ask: (request: EdgeRequest) => readonly EdgeOutput[];
  readonly hear: (message: SpaceMessage) => readonly EdgeOutput[];
  readonly welcome: (
    home: string,
    incarnation: string,
    vector: readonly (readonly [string, number])[],
    admitted?: number,
  ) => void;
  readonly edit: (document: string) => void;
  readonly sent: SpaceMessage[];
  readonly state: ReturnType<typeof createEdge>["state"];
} => {
  const edge = createEdge(EDGE);
  const sent: SpaceMessage[] = [];
  const step = (input: Parameters<typeof edge.step>[0]): readonly EdgeOutput[] => {
    const outputs: EdgeOutput[] = [];
    const queue = [...edge.step(input, 0)];
    for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
      if (effect.kind === "persist") queue.unshift(...effect.then);
      if (effect.kind === "send") sent.push(effect.message);
      if (effect.kind === "deliver") outputs.push(effect.output);
      if (effect.kind === "submit") {
        queue.push(...edge.step({ kind: "submitted", request: effect.request }, 0));
      }
    }
    return outputs;
  };
  const ask = (request: EdgeRequest): readonly EdgeOutput[] => step({ kind: "submitted", request });
  const hear = (message: SpaceMessage): readonly EdgeOutput[] =>
    step({ kind: "received", from: "home", message });
  return {
    ask,
    hear,
    sent,
    state: edge.state,
    edit: (document) => {
      ask({ kind: "edit", batch: batchOf(document) });
    },
    welcome: (home, incarnation, vector, admitted = 0) => {
      ask({ kind: "disconnected" });
      ask({ kind: "connected" });
      const quorums = { homeCount: 3, writeQuorum: 2, heardCount: 2, durable: [] };
      const at = { number: admitted, dot: { incarnation, number: vector[0]?.[1] ?? 1 } };
      hear({
        kind: "welcome",
        home,
        incarnation,
        vector: new Map(vector),
        admitted: admitted === 0 ? null : at,
        ...quorums,
      });
    },
  };
};

const updateOf = (
  ...dots: readonly (readonly [string, number, document: string])[]
): SpaceMessage => ({
  kind: "update",
  entries: dots.map(([incarnation, number, document]) => ({
    incarnation,
    number,
    batch: batchOf(document),
    ownNumber: 0,
  })),
});

describe("an edge", () => {
  // The entries before a gap were counted as shown, and never were.
  test("shows what came before a gap in the stream", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);

    const outputs = edge.hear(updateOf([A, 1, "x"], [A, 3, "y"]));

    expect(outputs.find(({ kind }) => kind === "show")).toEqual({
      kind: "show",
      batches: [batchOf("x")],
    });
    expect(outputs.at(-1)).toMatchObject({ kind: "violation" });
  });

  // Where the news that a carried batch was admitted came after the batch had been shown at its new place, the copy behind the own reply was
  // kept in the place of the one before it; carried on to a third home, the reply came first.
  test("carries the question before its own reply also to a third home", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear(updateOf([A, 1, "question"]));
    edge.edit("reply");
    edge.welcome("b", B, []);
    edge.hear(updateOf([B, 1, "question"]));
    edge.hear({
      kind: "carried",
      from: { incarnation: A, number: 1 },
      to: { incarnation: B, number: 1 },
    });
    edge.sent.length = 0;

    edge.welcome("c", C, []);

    const said = edge.sent.filter(({ kind }) => kind === "carry" || kind === "submit");
    expect(said).toMatchObject([
      { kind: "carry", batches: [{ incarnation: B, number: 1 }] },
      { kind: "submit", firstNumber: 1 },
    ]);
  });

  // Where a home lacked what had been settled, whole documents were to be offered; of a client without any, own batches were sent once and then forgotten.
  test("goes on offering what it made, though it has no document to offer", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear(updateOf([A, 1, "x"]));
    const all = new Map([[A, 1]]);
    edge.ask({ kind: "settled", quorum: all, all });
    edge.edit("asking");
    edge.welcome("b", B, []);
    edge.ask({ kind: "states", batches: [] });
    edge.sent.length = 0;

    edge.welcome("c", C, []);

    expect(edge.sent.filter(({ kind }) => kind === "submit")).toMatchObject([
      { firstNumber: 1, batches: [batchOf("asking")] },
    ]);
  });

  // A proposal of folds that was lost with its home was carried from home to home, and all that had been shown after it was kept behind it.
  test("lets go what no home will admit, and what stands behind it", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear(updateOf([A, 1, "proposal"], [A, 2, "x"]));
    edge.welcome("b", B, []);
    edge.hear({ kind: "carried", from: { incarnation: A, number: 1 }, to: null });
    edge.hear({
      kind: "carried",
      from: { incarnation: A, number: 2 },
      to: { incarnation: B, number: 1 },
    });
    edge.sent.length = 0;

    edge.welcome("c", C, []);

    const said = edge.sent.filter(({ kind }) => kind === "carry");
    expect(said).toMatchObject([
      { kind: "carry", batches: [{ incarnation: B, number: 1, batch: batchOf("x") }] },
    ]);
  });

  // What had been carried to a home without an answer, and was on every disk at its old place, was let go; no vector spoke of it when all disks were lost.
  test("offers whole documents where a home lacks what it let go at a place of which its vector does not speak", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear(updateOf([A, 1, "question"]));
    edge.edit("reply");
    edge.welcome("b", B, []);
    edge.ask({ kind: "settled", quorum: new Map([[A, 1]]), all: new Map([[A, 1]]) });

    edge.welcome("c", C, []);

    expect(edge.state.isOwing).toBe(true);
    edge.ask({ kind: "states", batches: [batchOf("question"), batchOf("reply")] });
    // Once: the documents stand for it from now on.
    edge.welcome("c", C, []);
    expect(edge.state.isOwing).toBe(false);
  });

  // Whole documents were ordinary batches after a restart. A home that had come as far as the first of them was taken to have all that they stand for.
  test("knows after a restart that what it made is in the last of whole documents", () => {
    const edge = createEdge(EDGE);
    const record = (number: number, document: string, firstState: number | null) =>
      ({ kind: "batch", number, batch: batchOf(document), firstState }) as const;
    edge.recover([record(1, "z", null), record(2, "y", 2), record(3, "z", 2)], 0);
    edge.step({ kind: "submitted", request: { kind: "connected" } }, 0);
    const dot = { incarnation: A, number: 1 };
    const all = new Map([[A, 1]]);
    const message = {
      kind: "welcome",
      home: "a",
      incarnation: A,
      vector: all,
      admitted: { number: 2, dot },
      homeCount: 1,
      writeQuorum: 1,
      heardCount: 1,
      durable: [],
    } as const;
    edge.step({ kind: "received", from: "home", message }, 0);

    edge.step({ kind: "submitted", request: { kind: "settled", quorum: all, all } }, 0);

    expect(edge.state.levels).toMatchObject({ relay: 0, quorum: 0, all: 0 });
  });

  // What whole documents had taken the place of counted on, until nothing more went into the outbox.
  test("has an empty outbox when the documents that stand for it are settled", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear(updateOf([A, 1, "y"]));
    edge.ask({ kind: "settled", quorum: new Map([[A, 1]]), all: new Map([[A, 1]]) });
    edge.edit("x");
    edge.welcome("b", B, []);
    edge.ask({ kind: "states", batches: [batchOf("x"), batchOf("y")] });
    edge.hear({ kind: "admitted", number: 3, dot: { incarnation: B, number: 2 } });

    const all = new Map([[B, 2]]);
    edge.ask({ kind: "settled", quorum: all, all });

    expect(edge.state).toMatchObject({ levels: { quorum: 3 }, outboxBytes: 0 });
  });

  // An old number that a home turned out to have placed the whole document that stood for it, which then counted as stored.
  test("does not take a whole document for stored because of an older batch in it", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.hear({
      kind: "group",
      entries: [],
      states: [batchOf("x")],
      isLast: true,
      vector: new Map([[A, 4]]),
    });
    edge.edit("x");
    edge.welcome("b", B, []);
    edge.ask({ kind: "states", batches: [batchOf("x")] });

    const outputs = edge.hear({ kind: "admitted", number: 1, dot: { incarnation: B, number: 1 } });

    expect(outputs.filter(({ kind }) => kind === "levels")).toEqual([]);
  });

  // Own batches that were on every disk were forgotten together with the places where they stood. A home that had lost its disk since, and was
  // alone, then took the later ones without what they rest on.
  test("offers whole documents to a home that lost even its own settled batches", () => {
    const edge = createTalkingEdge();
    edge.welcome("a", A, []);
    edge.edit("x");
    edge.hear({ kind: "admitted", number: 1, dot: { incarnation: A, number: 1 } });
    const all = new Map([[A, 1]]);
    edge.ask({ kind: "settled", quorum: all, all });

    edge.ask({ kind: "disconnected" });
    edge.ask({ kind: "connected" });
    const quorums = { homeCount: 3, writeQuorum: 2, heardCount: 1, durable: [], admitted: null };
    const outputs = edge.hear({
      kind: "welcome",
      home: "a",
      incarnation: B,
      vector: new Map(),
      ...quorums,
    });

    expect(outputs.map(({ kind }) => kind)).toContain("owed");
  });

  // A slow reader's own batch came back to it within a merged state, where it cannot be found: it was never acknowledged.
  test("hears of an own batch that was compacted before it was acknowledged", () => {
    const world = createWorld({
      seed: 1,
      delayMs: [1, 2],
      homeCount: 1,
      edgeCount: 2,
      homeLimits: { compactAfterEntries: 4, compactEntriesMin: 2, recentBytesMax: 1 },
    });
    const [author, other] = world.edges;
    world.runUntil(() => whyNotAgreed(world), 1000);
    world.home("a").congest(author!.session!.peer, true);
    author!.edit("x");
    for (let count = 0; count < 8; count += 1) {
      other!.edit("x");
      world.run(100);
    }
    expect(world.home("a").outputs.map(({ kind }) => kind)).toContain("compact");

    world.home("a").congest(author!.session!.peer, false);
    world.runUntil(() => whyNotAgreed(world), 5000);

    expect(author!.levels()).toMatchObject({ submitted: 1, all: 1 });
  });
});
