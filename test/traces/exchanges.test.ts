/** Golden exchanges: what is said, word for word, in the five situations that everything else is made of. `UPDATE_TRACES=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { whyNotAgreed } from "../gossip/bad-luck.ts";
import { describe as describeMessage } from "../gossip/traces.ts";
import { createWorld, type World, type WorldSetup } from "../gossip/world.ts";

interface Recorded {
  readonly world: World;
  /** Writes a line of what happens, between the lines of what is said. */
  readonly note: (text: string) => void;
  readonly lines: string[];
}

/** A world whose messages become lines: `from > to  kind fields`. Logs are called by their homes, `A` and after a wipe `A'`. */
const record = (setup: Partial<WorldSetup>): Recorded => {
  const lines: string[] = [];
  const logNames = new Map<string, string>();
  const nameOf = (identity: string): string => {
    for (const { name, incarnation } of world.homes) {
      if (logNames.has(incarnation)) continue;
      const isTaken = [...logNames.values()].includes(name.toUpperCase());
      logNames.set(incarnation, isTaken ? `${name.toUpperCase()}'` : name.toUpperCase());
    }
    return logNames.get(identity) ?? identity.slice(0, 2);
  };
  const world: World = createWorld({
    seed: 7,
    delayMs: [5, 5],
    ...setup,
    tap: (from, to, message) => lines.push(`${from} > ${to}  ${describeMessage(message, nameOf)}`),
  });
  return { world, note: (text) => lines.push(`-- ${text}`), lines };
};

const settle = (world: World): void => {
  world.runUntil(() => whyNotAgreed(world), 10_000);
  world.run(3000);
};

/** The trace of what happened, and the one that is kept. */
const compare = (
  name: string,
  about: string,
  { lines }: Recorded,
): readonly [now: string, kept: string] => {
  const path = `${import.meta.dirname}/${name}.txt`;
  const trace = `# ${about}\n${lines.join("\n")}\n`;
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) writeFileSync(path, trace);
  return [trace, readFileSync(path, "utf8")];
};

const isolate = (world: World, name: string): void => {
  for (const other of world.homes) if (other.name !== name) world.cutLink(name, other.name);
};

test("a handshake, an edit and its acknowledgement", () => {
  const recorded = record({ edgeCount: 2 });
  const { world, note } = recorded;
  note("three homes start; e0 connects to a, e1 to b");
  settle(world);

  note("e0 edits");
  world.edges[0]!.edit("x");
  settle(world);

  const [now, kept] = compare(
    "handshake-edit-acknowledgement",
    "Three homes meet, two edges join, one edit goes everywhere.",
    recorded,
  );
  expect(now).toBe(kept);
});

test("a reconnect with nothing changed", () => {
  const recorded = record({ edgeCount: 1 });
  const { world, note, lines } = recorded;
  world.edges[0]!.edit("x");
  settle(world);
  lines.length = 0;

  note("e0 loses its connection and comes back");
  world.point(world.edges[0]!, null);
  world.run(500);
  world.point(world.edges[0]!, "a");
  settle(world);

  const [now, kept] = compare("reconnect-nothing-changed", "One message each way.", recorded);
  expect(now).toBe(kept);
});

test("a failover with a carried batch", () => {
  const recorded = record({ edgeCount: 2 });
  const { world, note, lines } = recorded;
  settle(world);
  world.point(world.edges[1]!, "a");
  isolate(world, "a");
  world.run(500);
  lines.length = 0;

  note("a is cut off from b and c; e0 edits at a, and e1 reads it there");
  world.edges[0]!.edit("x");
  world.run(500);
  note("e0 is gone; a loses its disk; e1 replies, and goes to b");
  world.point(world.edges[0]!, null);
  world.home("a").crash(0);
  world.home("a").wipe();
  world.edges[1]!.edit("x");
  world.point(world.edges[1]!, "b");
  world.run(1000);
  note("a starts with an empty disk, and its links are whole");
  for (const other of ["b", "c"]) world.healLink("a", other);
  world.startHome("a");
  settle(world);

  const [now, kept] = compare(
    "failover-with-carry",
    "A batch that only a lost disk and a reader had comes back.",
    recorded,
  );
  expect(now).toBe(kept);
});

test("a home that starts again", () => {
  const recorded = record({ edgeCount: 2 });
  const { world, note, lines } = recorded;
  world.edges[0]!.edit("x");
  settle(world);
  world.point(world.edges[0]!, null);
  world.run(500);
  lines.length = 0;

  note("a loses power; e1 edits at b");
  world.home("a").crash(0);
  world.run(200);
  world.edges[1]!.edit("x");
  world.run(500);
  note("a starts again; e0 comes back to it");
  world.startHome("a");
  world.point(world.edges[0]!, "a");
  settle(world);

  const [now, kept] = compare(
    "home-restart",
    "What a home missed is pulled, and its edge waits for it.",
    recorded,
  );
  expect(now).toBe(kept);
});

test("a reply that waits for its question", () => {
  const recorded = record({ edgeCount: 3, homeLimits: { pullGraceMs: 5000 } });
  const { world, note, lines } = recorded;
  settle(world);
  world.slowLink("a", "c", 1000);
  lines.length = 0;

  note("the link between a and c is slow; e0 asks at a");
  world.edges[0]!.edit("questions");
  world.run(200);
  note("e1 replies at b");
  world.edges[1]!.edit("replies");
  world.run(200);
  expect(world.itemsAt("c")).toEqual([]);
  note("the question reaches c");
  settle(world);

  const [now, kept] = compare(
    "causality-wait",
    "c has the reply first, and shows nothing of it until it has the question.",
    recorded,
  );
  expect(now).toBe(kept);
});
