/** Edges that come, stay and come back: what they are sent, and what they need not be. */
import type { SpaceMessage } from "@syncline/gossip";
import { describe, expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createLoneHome } from "./lone-home.ts";
import { createWorld, type World, type WorldSetup } from "./world.ts";

const quick = { delayMs: [1, 2], isCoded: true } as const;

interface Watched {
  readonly world: World;
  /** What was sent to this edge, oldest first. */
  readonly sentTo: (edge: string) => readonly SpaceMessage[];
  readonly forget: () => void;
}

const watchedWorld = (setup: Partial<WorldSetup>): Watched => {
  let sent: { to: string; message: SpaceMessage }[] = [];
  const world = createWorld({
    seed: 1,
    ...quick,
    ...setup,
    tap: (_, to, message) => sent.push({ to, message }),
  });
  return {
    world,
    sentTo: (edge) => sent.filter(({ to }) => to === edge).map(({ message }) => message),
    forget: () => {
      sent = [];
    },
  };
};

const settle = (world: World): number => world.runUntil(() => whyNotAgreed(world), 10_000);

const entryCountIn = (messages: readonly SpaceMessage[]): number =>
  messages.reduce(
    (sum, said) =>
      sum + (said.kind === "group" || said.kind === "update" ? said.entries.length : 0),
    0,
  );

describe("an edge", () => {
  test("is shown each batch as soon as its home has it on disk", () => {
    const { world, sentTo } = watchedWorld({ homeCount: 1 });
    settle(world);

    for (let count = 0; count < 3; count += 1) {
      world.edges[0]!.edit("x");
      settle(world);
    }

    const updates = sentTo("e1").filter(({ kind }) => kind === "update");
    expect(updates).toHaveLength(3);
  });

  test("that was away is sent only what its version vector lacks", () => {
    const { world, sentTo, forget } = watchedWorld({
      homeCount: 1,
      homeLimits: { recentBytesMax: 1 },
    });
    for (let count = 0; count < 5; count += 1) world.edges[0]!.edit("x");
    settle(world);
    world.point(world.edges[1]!, null);
    for (let count = 0; count < 2; count += 1) world.edges[0]!.edit("x");
    world.run(100);
    forget();

    world.point(world.edges[1]!, "a");
    settle(world);

    expect(entryCountIn(sentTo("e1"))).toBe(2);
  });

  test("that comes back to an unchanged space is sent a welcome and nothing else", () => {
    const { world, sentTo, forget } = watchedWorld({ edgeCount: 1 });
    world.edges[0]!.edit("x");
    settle(world);
    world.point(world.edges[0]!, null);
    world.run(100);
    forget();

    world.point(world.edges[0]!, "a");
    world.run(1000);

    expect(sentTo("e0").map(({ kind }) => kind)).toEqual(["welcome"]);
  });

  test("hears at once how far its batches are when the acknowledgement was lost with the connection", () => {
    const { world } = watchedWorld({ edgeCount: 1 });
    const [edge] = world.edges;
    settle(world);
    edge!.edit("x");
    while (world.itemsAt("a").length === 0) world.run(1);
    world.point(edge!, null);
    world.run(200);
    expect(edge!.levels()?.relay).toBe(0);

    world.point(edge!, "a");
    world.runUntil(() => (edge!.levels()?.all === 1 ? null : "all"), 1000);

    expect(edge!.levels()).toMatchObject({ submitted: 1, relay: 1, quorum: 1, all: 1 });
  });

  test("waits at a home that lags until it has what the edge has seen elsewhere", () => {
    const { world, sentTo, forget } = watchedWorld({ edgeCount: 1 });
    settle(world);
    world.slowLink("a", "b", 300);
    world.slowLink("a", "c", 300);
    world.edges[0]!.edit("x");
    world.run(50);
    expect(world.itemsAt("b")).toEqual([]);
    forget();

    world.point(world.edges[0]!, "b");
    world.runUntil(() => (sentTo("e0").length > 0 ? null : "a welcome"), 5000);

    expect(world.itemsAt("b")).toEqual(["e0.1"]);
    settle(world);
  });
});

describe("a home", () => {
  test("that lags shows a newcomer everything that was called settled", () => {
    const { world } = watchedWorld({ edgeCount: 2 });
    const [author, newcomer] = world.edges;
    world.point(newcomer!, null);
    settleHomes(world);
    // From c's point of view: a is gone, b answers late, and c itself has heard of nothing.
    world.cutLink("a", "c");
    world.slowLink("b", "c", 300);
    author!.edit("x");
    world.runUntil(() => (author!.levels()?.quorum === 1 ? null : "quorum"), 1000);
    expect(world.itemsAt("c")).toEqual([]);

    world.point(newcomer!, "c");
    const isSynced = (): boolean => newcomer!.outputs.some(({ kind }) => kind === "synced");
    world.runUntil(() => (isSynced() ? null : "the newcomer"), 5000);

    expect([...newcomer!.replica.items.keys()]).toEqual(["e0.1"]);
    expect(newcomer!.outputs.find(({ kind }) => kind === "welcome")).toMatchObject({
      heardCount: 2,
    });
  });

  test("that reaches nobody opens with what it has, and says that it heard nobody", () => {
    const { world } = watchedWorld({ edgeCount: 1 });
    world.home("b").crash(0);
    world.home("c").crash(0);

    world.edges[0]!.edit("x");
    world.runUntil(() => (world.edges[0]!.levels()?.relay === 1 ? null : "relay"), 5000);
    world.run(3000);

    expect(world.edges[0]!.outputs.find(({ kind }) => kind === "welcome")).toMatchObject({
      homeCount: 3,
      heardCount: 1,
    });
    expect(world.edges[0]!.levels()).toMatchObject({ relay: 1, quorum: 0, all: 0 });
    world.startHome("b");
    world.startHome("c");
    settle(world);
    expect(world.edges[0]!.levels()).toMatchObject({ quorum: 1, all: 1 });
  });

  test("that hears of enough later says so, and what they had is shown before", () => {
    const { world } = watchedWorld({ edgeCount: 2 });
    const [author, newcomer] = world.edges;
    world.point(author!, "b");
    world.point(newcomer!, null);
    settleHomes(world);
    world.cutLink("a", "b");
    world.cutLink("a", "c");
    author!.edit("x");
    world.runUntil(() => (author!.levels()?.quorum === 1 ? null : "quorum"), 1000);
    world.point(newcomer!, "a");
    world.run(3000);
    expect(newcomer!.outputs.map(({ kind }) => kind)).toContain("synced");
    expect(newcomer!.replica.items.size).toBe(0);

    world.healLink("a", "c");
    world.run(1000);

    const told = newcomer!.outputs.filter(({ kind }) => kind === "show" || kind === "heard");
    expect(told).toMatchObject([{ kind: "show" }, { kind: "heard", heardCount: 2 }]);
  });

  test("of which the operator wants a smaller read quorum says all the same when enough were heard", () => {
    const alone = createLoneHome(["b", "c"], {}, undefined, undefined, 2);
    const join = { kind: "join", edge: "00000000000000ee", vector: new Map() } as const;
    alone.runtime.received("e", join);
    expect(alone.take("e")).toMatchObject([{ kind: "welcome", heardCount: 1 }]);

    alone.runtime.submitted({ kind: "connected", home: "b" });
    const [asked] = alone.take("b");
    const round = asked?.kind === "hello" ? asked.round : 0;
    const hello = { kind: "hello", incarnation: "bbbbbbbbbbbbbbbb", vector: new Map() } as const;
    alone.runtime.received("b", { ...hello, round, isReply: true });

    expect(alone.take("e")).toMatchObject([{ kind: "heard", heardCount: 2 }]);
  });

  test("that compacted has the same version vector, and serves receivers from before and after", () => {
    const { world } = watchedWorld({
      edgeCount: 3,
      homeCount: 2,
      homeLimits: { compactAfterEntries: 10, compactEntriesMin: 2, recentBytesMax: 1 },
    });
    const [author, old, fresh] = world.edges;
    world.point(fresh!, null);
    author!.edit("x");
    settleHomes(world);
    world.run(100);
    world.point(old!, null);
    for (let count = 0; count < 20; count += 1) author!.edit(count % 3 === 0 ? "y" : "x");
    settleHomes(world);
    world.run(500);
    world.point(old!, "a");
    world.point(fresh!, "b");
    settle(world);

    const states = world
      .home("a")
      .disk.contents()
      .filter(({ kind }) => kind === "state");
    expect(states).toHaveLength(2);
    expect([...world.home("a").view.vector.values()]).toEqual([21]);
    expect(fresh!.replica.items.size).toBe(21);
    expect(old!.replica.items.size).toBe(21);
  });

  test("starts again with what its disk has, stubs and states included", () => {
    const { world } = watchedWorld({
      homeCount: 1,
      edgeCount: 2,
      homeLimits: { compactAfterEntries: 5, compactEntriesMin: 2 },
    });
    for (let count = 0; count < 12; count += 1) world.edges[0]!.edit("x");
    settle(world);
    world.run(200);
    world.home("a").crash(0);

    world.startHome("a");
    world.edges[0]!.edit("y");
    settle(world);

    expect(world.edges[1]!.replica.items.size).toBe(13);
  });
});

/** Until every home has the same, whatever edges are shown. */
function settleHomes(world: World): void {
  world.run(300);
  const counts = (): readonly number[] => world.homes.map(({ view }) => view.items.items.size);
  world.runUntil(
    () => (new Set(counts()).size === 1 ? null : `homes differ: ${counts().join()}`),
    5000,
  );
}
