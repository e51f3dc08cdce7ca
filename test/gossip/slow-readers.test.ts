/** Readers that do not keep up: nothing piles up for them, and they miss nothing. */
import { describe, expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createWorld, type World } from "./world.ts";

const createQuickWorld = (recentBytesMax: number): World =>
  createWorld({
    seed: 1,
    delayMs: [1, 2],
    homeCount: 2,
    edgeCount: 2,
    homeLimits: { recentBytesMax, pageBytesMax: 300 },
  });

const settle = (world: World): number => world.runUntil(() => whyNotAgreed(world), 10_000);

describe.each([
  ["from memory", 1_000_000],
  ["from the disk", 500],
])("a slow reader that goes on %s", (_, recentBytesMax) => {
  test("is sent nothing until it has drained, and then everything", () => {
    const world = createQuickWorld(recentBytesMax);
    const [author, reader] = world.edges;
    world.point(reader!, "a");
    settle(world);
    const { peer } = reader!.session!;
    world.home("a").congest(peer, true);

    for (let count = 0; count < 30; count += 1) author!.edit("x");
    world.run(1000);
    expect(reader!.replica.items.size).toBe(0);
    const { recentBytes, catchUps } = world.home("a").machine!.state;
    expect(recentBytes).toBeLessThanOrEqual(recentBytesMax);
    expect(catchUps.size).toBe(0);

    world.home("a").congest(peer, false);
    settle(world);
    expect(reader!.replica.items.size).toBe(30);
  });

  test("that is a home is sent nothing until it has drained, and then everything", () => {
    const world = createQuickWorld(recentBytesMax);
    settle(world);
    world.home("a").congest("b", true);

    for (let count = 0; count < 30; count += 1) world.edges[0]!.edit("x");
    world.run(1000);
    expect(world.itemsAt("b")).toEqual([]);

    world.home("a").congest("b", false);
    settle(world);
    expect(world.itemsAt("b")).toHaveLength(30);
  });
});

test("a connection that is congested before its edge has joined is sent no entries either", () => {
  const world = createQuickWorld(500);
  for (let count = 0; count < 10; count += 1) world.edges[0]!.edit("x");
  settle(world);
  const [, reader] = world.edges;
  world.point(reader!, null);
  world.edges[0]!.edit("x");
  world.run(200);
  const home = world.home("a");
  const before = new Set(home.connections.keys());
  world.point(reader!, "a");
  const newcomer = (): string | undefined =>
    [...home.connections.keys()].find((one) => !before.has(one));
  while (newcomer() === undefined) world.run(1);
  const peer = newcomer()!;
  expect(home.machine!.state.sessions.has(peer)).toBe(false);

  home.runtime()?.submitted({ kind: "congested", peer });
  home.congested.add(peer);
  world.run(500);
  expect(reader!.replica.items.size).toBe(10);

  home.congest(peer, false);
  settle(world);
  expect(reader!.replica.items.size).toBe(11);
});

test("a catch-up that a slow reader holds up does not hold up others, nor a compaction for ever", () => {
  const world = createWorld({
    seed: 1,
    delayMs: [1, 2],
    homeCount: 1,
    edgeCount: 3,
    homeLimits: {
      recentBytesMax: 1,
      pageBytesMax: 1,
      compactAfterEntries: 20,
      compactEntriesMin: 2,
    },
  });
  const [author, slow, quick] = world.edges;
  for (const edge of [slow!, quick!]) world.point(edge, null);
  for (let count = 0; count < 18; count += 1) author!.edit("x");
  world.run(300);
  world.point(slow!, "a");
  world.runUntil(
    () => (world.home("a").machine!.state.catchUps.size > 0 ? null : "the catch-up"),
    500,
  );
  world.home("a").congest(slow!.session!.peer, true);
  for (let count = 0; count < 4; count += 1) author!.edit("x");
  world.run(300);
  expect(world.home("a").machine!.state.compaction?.merged).not.toBeNull();

  world.point(quick!, "a");
  world.runUntil(() => (quick!.replica.items.size === 22 ? null : "the quick one"), 2000);

  world.point(slow!, null);
  world.run(500);
  expect(world.home("a").machine!.state.compaction).toBeNull();
});
