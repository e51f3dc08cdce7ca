/**
 * Scenes: a few deeds and faults close together, as many as fit into a story, so that what is rare in a long time at random meets often.
 *
 * Everything about them is drawn; only the times are near each other, in units of a message's way.
 */
import type { Random } from "@syncline/machine";
import type { Fault, FaultKind } from "@syncline/simulator";
import { objectKeys } from "./objects.ts";
import type { Wish } from "./deeds.ts";

/** Who is there, and how long things take. */
export interface Stage {
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  /** About as long as a message is under way, in milliseconds. */
  readonly wayMs: number;
  readonly forMs: number;
}

/** What happens in scenes. */
export interface Scenes {
  readonly wishes: readonly Wish[];
  readonly faults: readonly Fault[];
}

type DrawScene = (stage: Stage, beginMs: number, random: Random) => Scenes;

const untilTheEnd = (
  stage: Stage,
  random: Random,
  draw: DrawScene,
  drawGapMs: () => number,
): Scenes => {
  const wishes: Wish[] = [];
  const faults: Fault[] = [];
  for (let atMs = random.integer(0, 500); atMs < stage.forMs; atMs += Math.ceil(drawGapMs())) {
    const scene = draw(stage, atMs, random);
    wishes.push(...scene.wishes);
    faults.push(...scene.faults);
  }
  const isWithin = ({ atMs }: { readonly atMs: number }): boolean =>
    atMs >= 0 && atMs < stage.forMs;
  return {
    wishes: wishes.filter(isWithin),
    faults: faults.filter(isWithin).sort((left, right) => left.atMs - right.atMs),
  };
};

/** Registers that are deleted, collected and written anew, while somebody with an older view of them is slow. */
export const drawDeletionScenes = (stage: Stage, random: Random): Scenes =>
  untilTheEnd(stage, random, drawDeletion, () => stage.wayMs * random.integer(15, 80));

const drawDeletion: DrawScene = ({ acceptors, proposers, wayMs }, beginMs, random) => {
  const key = random.pick(["r1", "r2"]);
  const [collector, slow] = [random.pick(proposers), random.pick(proposers)];
  const after = (ways: number): number => beginMs + Math.floor(random.fraction() * ways * wayMs);
  const wish = (does: Wish["does"], ways: number, first: string): Wish => ({
    atMs: after(ways),
    key,
    does,
    by: [first, random.pick(proposers), random.pick(proposers), random.pick(proposers)],
  });
  const wishes: Wish[] = [
    { ...wish("put", 1, random.pick(proposers)), atMs: beginMs },
    wish("delete", 10, random.pick(proposers)),
    ...Array.from({ length: random.integer(1, 5) }, () => wish("collect", 40, collector)),
    // The collector goes on with the same key as soon as it is done, in the smallest ballots that there can be.
    ...Array.from({ length: random.integer(0, 3) }, () => wish("put", 40, collector)),
    ...Array.from({ length: random.integer(0, 3) }, () => wish("put", 40, slow)),
    wish("read", 60, random.pick(proposers)),
  ];
  const faults = Array.from({ length: random.integer(0, 4) }, (): Fault => {
    const forMs = Math.ceil(wayMs * random.integer(2, 40));
    const kinds: readonly FaultKind[] = [
      { kind: "pause", node: random.pick([slow, random.pick(acceptors)]), forMs },
      { kind: "clog", from: slow, to: random.pick(acceptors), forMs },
      { kind: "clog", from: collector, to: random.pick(acceptors), forMs },
      { kind: "clog", from: random.pick(acceptors), to: collector, forMs },
      { kind: "slow-disk", node: random.pick(acceptors), times: random.pick([5, 30]), forMs },
      { kind: "crash", node: random.pick(acceptors), afterEffects: random.integer(0, 12), forMs },
    ];
    return { atMs: after(40), ...random.pick(kinds) };
  });
  return { wishes, faults };
};

/** Acceptors that lose their disks and are replaced, while a proposer's words to the others are held up. */
export const drawLossScenes = (stage: Stage, random: Random): Scenes =>
  untilTheEnd(stage, random, drawLoss, () => random.integer(600, 3000));

const drawLoss: DrawScene = ({ acceptors, proposers, wayMs }, beginMs, random) => {
  const key = random.pick([...objectKeys, "r1", "r2"]);
  const [lost, held] = [random.pick(acceptors), random.pick(proposers)];
  const at = (fromWays: number, toWays: number): number =>
    beginMs + Math.floor((fromWays + random.fraction() * (toWays - fromWays)) * wayMs);
  const wish = (atMs: number, first: string): Wish => ({
    atMs,
    key,
    does: null,
    by: [first, random.pick(proposers), random.pick(proposers), random.pick(proposers)],
  });
  const others = shuffled(
    acceptors.filter((name) => name !== lost),
    random,
  );
  const heldMs = random.integer(200, 1500);
  const faults: Fault[] = [
    { kind: "wipe", atMs: at(0, 4), node: lost, forMs: random.integer(5, 100) },
  ];
  // One after the other hears it: in between some know what the rest does not.
  let forMs = heldMs;
  for (const to of others) {
    if (random.chance(0.1)) continue;
    faults.push({ kind: "clog", atMs: at(-3, 1), from: held, to, forMs });
    forMs += random.integer(20, 800);
  }
  if (others.length > 0 && random.chance(0.5)) {
    // One of those who have obeyed the next configuration already, or are about to.
    const node = random.pick(others);
    const atMs = beginMs + random.integer(0, 1000);
    faults.push({ kind: "crash", atMs, node, afterEffects: random.integer(0, 12), forMs: 30 });
  }
  if (others.length > 0 && random.chance(0.3)) {
    const [from, to] = random.chance(0.5)
      ? [lost, random.pick(others)]
      : [random.pick(others), lost];
    faults.push({ kind: "clog", atMs: beginMs, from, to, forMs: random.integer(100, 900) });
  }
  const wishes = [
    wish(at(-20, -6), held),
    ...Array.from({ length: random.integer(1, 3) }, () => wish(at(-4, 1), held)),
    ...Array.from({ length: random.integer(0, 3) }, () =>
      wish(beginMs + random.integer(0, 2000), random.pick(proposers)),
    ),
    ...Array.from({ length: random.integer(1, 4) }, () =>
      wish(beginMs + random.integer(heldMs, forMs + 100), random.pick(proposers)),
    ),
    ...(key.startsWith("r") ? [{ ...wish(at(0, 200), held), does: "collect" } as const] : []),
  ];
  return { wishes, faults };
};

const shuffled = (names: readonly string[], random: Random): readonly string[] =>
  names
    .map((name) => ({ name, place: random.fraction() }))
    .sort((left, right) => left.place - right.place)
    .map(({ name }) => name);
