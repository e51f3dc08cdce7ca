/** Homes that die, forget or fall behind, and what the others and the edges make good. */
import type { EdgeOutput } from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createWorld, type World, type WorldSetup } from "./world.ts";

const createQuickWorld = (setup: Partial<WorldSetup> = {}): World =>
  createWorld({ seed: 1, delayMs: [1, 2], isCoded: true, ...setup });

const settle = (world: World): number => world.runUntil(() => whyNotAgreed(world), 10_000);

const isolate = (world: World, name: string): void => {
  for (const other of world.homes) if (other.name !== name) world.cutLink(name, other.name);
};

const rejoin = (world: World, name: string): void => {
  for (const other of world.homes) if (other.name !== name) world.healLink(name, other.name);
};

const admittedBy = (world: World, name: string): number =>
  world.home(name).view.vector.get(world.home(name).incarnation) ?? 0;

describe("an edge that sends again", () => {
  test("to the same home adds nothing", () => {
    const world = createQuickWorld({ edgeCount: 1 });
    settle(world);
    world.edges[0]!.edit("x");
    world.runUntil(() => (world.itemsAt("a").length === 1 ? null : "the disk"), 1000);
    world.point(world.edges[0]!, null);
    world.run(200);

    world.point(world.edges[0]!, "a");
    settle(world);

    expect(admittedBy(world, "a")).toBe(1);
  });

  test("to another home that knows the number adds nothing", () => {
    const world = createQuickWorld({ edgeCount: 1 });
    world.edges[0]!.edit("x");
    settle(world);

    world.home("a").crash(0);
    world.point(world.edges[0]!, "b");
    world.edges[0]!.edit("x");
    world.run(1000);
    world.startHome("a");
    settle(world);

    expect([admittedBy(world, "a"), admittedBy(world, "b")]).toEqual([1, 1]);
  });

  test("to another home that does not know it has one effect once the two meet", () => {
    const world = createQuickWorld({ edgeCount: 2 });
    settle(world);
    isolate(world, "a");
    world.edges[0]!.edit("x");
    world.runUntil(() => (world.itemsAt("a").length === 1 ? null : "the disk"), 1000);

    world.point(world.edges[0]!, "b");
    world.runUntil(() => (world.itemsAt("b").length === 1 ? null : "the disk"), 5000);
    rejoin(world, "a");
    settle(world);

    expect(world.itemsAt("c")).toEqual(["e0.1"]);
    expect([admittedBy(world, "a"), admittedBy(world, "b")]).toEqual([1, 1]);
  });
});

describe("a reply", () => {
  const askAndReply = (world: World): void => {
    const [asker, replier] = world.edges;
    asker!.edit("questions");
    world.runUntil(() => (replier!.replica.items.size === 1 ? null : "the question"), 5000);
    replier!.edit("replies");
  };

  test("waits at a home until the question comes over a slow link", () => {
    // Nobody is asked for the question: it is on its way.
    const world = createQuickWorld({ edgeCount: 3, homeLimits: { pullGraceMs: 10_000 } });
    settle(world);
    world.slowLink("a", "c", 800);
    askAndReply(world);
    world.runUntil(
      () =>
        world.home("c").machine?.state.peers.get("b")?.waiting.length === 1 ? null : "the reply",
      1000,
    );

    expect(world.itemsAt("c")).toEqual([]);
    settle(world);
    expect(world.itemsAt("c")).toEqual(["e0.1", "e1.1"]);
  });

  test("comes with the question from the home that has both when the link is cut", () => {
    const world = createQuickWorld({ edgeCount: 3 });
    settle(world);
    world.cutLink("a", "c");
    askAndReply(world);

    const tookMs = world.runUntil(
      () => (world.edges[2]!.replica.items.size === 2 ? null : "question and reply"),
      1000,
    );

    expect(tookMs).toBeLessThan(500);
  });
});

describe("a batch that only a home and a reader had seen", () => {
  const loseDisk = (setup: Partial<WorldSetup>): World => {
    const world = createQuickWorld({ edgeCount: 2, ...setup });
    const [author, reader] = world.edges;
    settle(world);
    isolate(world, "a");
    world.point(reader!, "a");
    world.run(300);
    author!.edit("x");
    author!.edit("y");
    world.runUntil(() => (reader!.replica.items.size === 2 ? null : "the reader"), 5000);
    world.point(author!, null);
    world.home("a").crash(0);
    world.home("a").wipe();
    rejoin(world, "a");
    world.point(reader!, "b");
    world.runUntil(() => (world.itemsAt("b").length === 2 ? null : "the carrier"), 5000);
    return world;
  };

  test("is carried by the reader to another home", () => {
    const world = loseDisk({});

    world.startHome("a");
    world.point(world.edges[0]!, "c");
    settle(world);

    expect(world.itemsAt("a")).toEqual(["e0.1", "e0.2"]);
    expect(world.edges[1]!.outputs.some(({ kind }) => kind === "owed")).toBe(false);
  });

  test("is offered within whole documents by a reader that let it go", () => {
    const world = loseDisk({ edgeLimits: { carriedBytesMax: 0 } });

    world.startHome("a");
    world.point(world.edges[0]!, "c");
    settle(world);

    expect(world.itemsAt("a")).toEqual(["e0.1", "e0.2"]);
    expect(world.edges[1]!.outputs.filter(({ kind }) => kind === "owed")).toHaveLength(1);
  });

  test("is admitted once however many readers carry it", () => {
    const world = createQuickWorld({ edgeCount: 4 });
    settle(world);
    isolate(world, "a");
    for (const edge of world.edges) world.point(edge, "a");
    world.run(300);
    world.edges[0]!.edit("x");
    world.runUntil(() => (world.edges[3]!.replica.items.size === 1 ? null : "the readers"), 5000);
    world.home("a").crash(0);
    world.home("a").wipe();

    world.point(world.edges[0]!, null);
    for (const edge of world.edges.slice(1)) world.point(edge, "b");
    world.runUntil(() => (world.itemsAt("b").length === 1 ? null : "the carriers"), 5000);
    world.run(500);

    expect(admittedBy(world, "b")).toBe(1);
  });
});

describe("a home", () => {
  test("gets the log of a dead one from a third", () => {
    const world = createQuickWorld({ edgeCount: 1 });
    settle(world);
    world.cutLink("a", "c");
    world.cutLink("b", "c");
    world.edges[0]!.edit("x");
    world.runUntil(() => (world.edges[0]!.levels()?.quorum === 1 ? null : "quorum"), 1000);
    world.home("a").crash(0);

    world.healLink("b", "c");
    world.runUntil(() => (world.itemsAt("c").length === 1 ? null : "the log"), 1000);

    expect(world.itemsAt("c")).toEqual(["e0.1"]);
  });

  test("whose disk was wiped is filled by the others, and is another in their vectors", () => {
    const world = createQuickWorld({ edgeCount: 3 });
    for (const edge of world.edges) edge.edit("x");
    settle(world);
    const { incarnation } = world.home("a");
    world.home("a").crash(0);
    world.home("a").wipe();

    world.startHome("a");
    world.edges[0]!.edit("x");
    settle(world);

    expect(world.itemsAt("a")).toHaveLength(4);
    expect(world.home("b").view.vector.get(incarnation)).toBe(1);
    expect(world.home("b").view.vector.get(world.home("a").incarnation)).toBe(1);
  });

  test("that was wiped is not counted with what it had", () => {
    const world = createQuickWorld({ edgeCount: 1 });
    settle(world);
    world.home("c").crash(0);
    world.edges[0]!.edit("x");
    world.runUntil(() => (world.edges[0]!.levels()?.quorum === 1 ? null : "quorum"), 1000);
    world.home("b").crash(0);
    world.home("b").wipe();
    world.cutLink("a", "b");
    world.startHome("b");
    world.run(500);
    // It says hello, and is slow to be filled: for this moment its disk counts for nothing.
    world.slowLink("a", "b", 300);
    world.healLink("a", "b");

    const { incarnation } = world.home("b");
    const news = (): EdgeOutput | undefined =>
      world.edges[0]!.outputs.find(
        (one) => one.kind === "durable" && one.incarnation === incarnation,
      );
    world.runUntil(() => (news() === undefined ? "the news" : null), 5000);

    expect(news()).toMatchObject({ home: "b", isWhole: true, vector: new Map() });
    world.startHome("c");
    settle(world);
  });

  test("whose directory was set back notices it at the first contact, takes a new incarnation and loses nothing", () => {
    const world = createQuickWorld({ edgeCount: 2 });
    world.edges[0]!.edit("x");
    settle(world);
    const copy = world.home("a").copy();
    const { incarnation } = world.home("a");
    for (let count = 0; count < 3; count += 1) world.edges[0]!.edit("x");
    settle(world);

    world.home("a").crash(0);
    world.home("a").setBack(copy, incarnation);
    world.startHome("a");
    world.edges[0]!.edit("x");
    settle(world);

    expect(world.home("a").outputs).toContainEqual({
      kind: "rolled-back",
      home: expect.any(String),
      number: 4,
    });
    expect(world.home("a").incarnation).not.toBe(incarnation);
    expect(world.itemsAt("a")).toHaveLength(5);
    expect(world.home("b").view.vector.get(incarnation)).toBe(4);
  });

  test("forgets that others may lack something only once they have all of it", () => {
    const world = createQuickWorld({ edgeCount: 1 });
    settle(world);
    world.cutLink("a", "b");
    world.edges[0]!.edit("x");
    world.run(5000);
    const isMarked = (): boolean =>
      world
        .home("a")
        .disk.recovery()
        .some(({ kind }) => kind === "unsettled");
    expect(isMarked()).toBe(true);

    world.healLink("a", "b");
    settle(world);
    world.run(5000);

    expect(isMarked()).toBe(false);
  });
});
