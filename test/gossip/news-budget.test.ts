/** How much three homes say for an update, by kind: what a link and an author's socket carry while somebody types. */
import { expect, test } from "vitest";
import { whyNotAgreed } from "./bad-luck.ts";
import { createWorld } from "./world.ts";

const UPDATE_COUNT = 200;

/** An author at `a` who types ten times a second, a reader at each of the other homes: how many messages of each kind for each update. */
const messagesPerUpdate = (): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>();
  const world = createWorld({
    seed: 1,
    delayMs: [1, 2],
    edgeCount: 3,
    tap: (from, to, { kind }) => {
      const isEdge = from.startsWith("e") || to.startsWith("e");
      const name = `${kind} ${isEdge ? "edge" : "home"}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  });
  world.runUntil(() => whyNotAgreed(world), 5000);
  counts.clear();
  for (let count = 0; count < UPDATE_COUNT; count += 1) {
    world.edges[0]!.edit("x");
    world.run(100);
  }
  return Object.fromEntries([...counts].map(([name, count]) => [name, count / UPDATE_COUNT]));
};

test("an update costs two entries and little more than two words of disks between homes", () => {
  const sent = messagesPerUpdate();

  expect(sent["replicate home"]).toBe(2);
  expect(sent["stored home"]).toBeLessThanOrEqual(2.5);
  expect(sent["durable edge"]).toBeLessThanOrEqual(1.8);
});
