/** Presence: everybody in a space sees who is there, at any home, and who has left. */
import { createEdge, type EdgeProtocol, type SpaceMessage } from "@syncline/gossip";
import { startRuntime } from "@syncline/machine";
import { expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createLoneHome } from "./lone-home.ts";
import { createWorld, type World } from "./world.ts";

const bytes = Uint8Array.of(1, 2, 3);
const gone = new Uint8Array();

const createQuickWorld = (): World => {
  const world = createWorld({ seed: 1, delayMs: [1, 2], isCoded: true, edgeCount: 3 });
  world.runUntil(() => whyNotAgreed(world), 5000);
  return world;
};

const show = (world: World, edge: number, key: number, of: Uint8Array = bytes): void => {
  world.edges[edge]!.runtime().submitted({ kind: "presence", key, bytes: of });
  world.run(100);
};

const seenBy = (world: World, edge: number): readonly number[] => [
  ...world.edges[edge]!.presences.keys(),
];

test("presence reaches the edges of all homes, and not its own sender", () => {
  const world = createQuickWorld();

  show(world, 0, 7);

  expect([seenBy(world, 0), seenBy(world, 1), seenBy(world, 2)]).toEqual([[], [7], [7]]);
});

test("a newcomer is shown everybody who is there", () => {
  const world = createQuickWorld();
  world.point(world.edges[2]!, null);
  show(world, 0, 7);
  show(world, 1, 8);

  world.point(world.edges[2]!, "c");
  world.run(500);

  expect(seenBy(world, 2)).toEqual(expect.arrayContaining([7, 8]));
});

test("a client that leaves is gone everywhere", () => {
  const world = createQuickWorld();
  show(world, 0, 7);

  show(world, 0, 7, gone);

  expect([seenBy(world, 1), seenBy(world, 2)]).toEqual([[], []]);
});

test("a client whose connection ends is gone everywhere", () => {
  const world = createQuickWorld();
  show(world, 0, 7);

  world.point(world.edges[0]!, null);
  world.run(200);

  expect([seenBy(world, 1), seenBy(world, 2)]).toEqual([[], []]);
});

test("the clients of a home that cannot be reached are gone, and come back with it", () => {
  const world = createQuickWorld();
  show(world, 0, 7);

  world.cutLink("a", "c");
  world.run(200);
  expect([seenBy(world, 1), seenBy(world, 2)]).toEqual([[7], []]);

  world.healLink("a", "c");
  world.run(500);
  expect(seenBy(world, 2)).toEqual([7]);
});

test("a client that has come back elsewhere stays when its old connection is given up", () => {
  const world = createQuickWorld();
  show(world, 0, 7);

  // The same client, now at b, before a has noticed that it left.
  show(world, 1, 7);
  world.point(world.edges[0]!, null);
  world.run(200);

  expect(seenBy(world, 2)).toEqual([7]);
});

test("presence does not overtake the edits before it, at any home", () => {
  const world = createQuickWorld();
  const [author, ...readers] = world.edges;
  const orders: boolean[] = [];

  for (let key = 1; key <= 30; key += 1) {
    author!.edit("x");
    author!.runtime().submitted({ kind: "presence", key, bytes });
    for (let time = 0; time < 200; time += 1) {
      world.run(1);
      for (const reader of readers) {
        if (reader.presences.has(key)) orders.push(reader.replica.items.size >= key);
      }
    }
  }

  expect(orders.length).toBeGreaterThan(100);
  expect(orders.every((isInOrder) => isInOrder)).toBe(true);
});

// It heard nothing while it was congested, and afterwards who was still there: whoever had gone meanwhile it saw for ever.
test("an edge that does not keep up is told who has gone", () => {
  const home = createLoneHome();
  const { runtime } = home;
  for (const edge of ["e", "f"]) {
    runtime.received(edge, { kind: "join", edge: `${edge}`.repeat(16), vector: new Map() });
  }
  runtime.received("e", { kind: "presence", key: 7, bytes });
  home.take("f");

  runtime.submitted({ kind: "congested", peer: "f" });
  runtime.received("e", { kind: "presence", key: 7, bytes });
  runtime.received("e", { kind: "presence", key: 7, bytes: gone });

  expect(home.take("f")).toEqual([{ kind: "presence", key: 7, bytes: gone }]);
});

// The first waited for the letter before it, and then once more for the next letter, by when the farewell had gone ahead.
test("an edge says in order what its client showed while it typed", () => {
  const sent: SpaceMessage[] = [];
  const appends: (() => void)[] = [];
  const edge = createEdge("00000000000000ee");
  const runtime = startRuntime<EdgeProtocol>(edge, [], {
    now: () => 0,
    append: (_records, done) => appends.push(() => done(null)),
    load: () => {},
    send: (_to, message) => sent.push(message),
    deliver: () => {},
    wake: () => {},
    failed: (error) => {
      throw error;
    },
  });
  const batch = { document: "x", type: "set", payload: bytes };
  runtime.submitted({ kind: "connected" });
  runtime.received("home", {
    kind: "welcome",
    home: "a",
    incarnation: "aaaaaaaaaaaaaaaa",
    vector: new Map(),
    admitted: null,
    homeCount: 1,
    writeQuorum: 1,
    heardCount: 1,
    durable: [],
  });

  runtime.submitted({ kind: "edit", batch });
  runtime.submitted({ kind: "presence", key: 7, bytes });
  runtime.submitted({ kind: "edit", batch });
  runtime.submitted({ kind: "presence", key: 7, bytes: gone });
  for (let index = 0; index < appends.length; index += 1) appends[index]!();

  const shown = sent.flatMap((message) => (message.kind === "presence" ? [message.bytes] : []));
  expect(shown).toEqual([bytes, gone]);
});
