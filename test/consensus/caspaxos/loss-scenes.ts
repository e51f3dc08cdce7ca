/** Scenes of acceptors that lose their disks. */
import type { Fault } from "@syncline/simulator";
import type { Random } from "@syncline/machine";
import type { Wish } from "./deeds.ts";
import { objectKeys } from "./objects.ts";
import {
  type DrawScene,
  type Scenes,
  shuffled,
  type Stage,
  timesAfter,
  untilTheEnd,
} from "./scenes.ts";

/** Acceptors that lose their disks and are replaced, while a proposer's words to the others are held up. */
export const drawLossScenes = (stage: Stage, random: Random): Scenes =>
  untilTheEnd(stage, random, drawLoss, () => random.integer(600, 3000));

const drawLoss: DrawScene = ({ acceptors, proposers, wayMs }, beginMs, random) => {
  const key = random.pick([...objectKeys, "r1", "r2"]);
  const [lost, held] = [random.pick(acceptors), random.pick(proposers)];
  const after = timesAfter(wayMs, random);
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
    { kind: "wipe", atMs: after(beginMs, 0, 4), node: lost, forMs: random.integer(5, 100) },
  ];
  // One after the other hears it: in between some know what the rest does not.
  let forMs = heldMs;
  for (const to of others) {
    if (random.chance(0.1)) continue;
    faults.push({ kind: "clog", atMs: after(beginMs, -3, 1), from: held, to, forMs });
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
    wish(after(beginMs, -20, -6), held),
    ...Array.from({ length: random.integer(1, 3) }, () => wish(after(beginMs, -4, 1), held)),
    ...Array.from({ length: random.integer(0, 3) }, () =>
      wish(beginMs + random.integer(0, 2000), random.pick(proposers)),
    ),
    ...Array.from({ length: random.integer(1, 4) }, () =>
      wish(beginMs + random.integer(heldMs, forMs + 100), random.pick(proposers)),
    ),
    ...(key.startsWith("r")
      ? [{ ...wish(after(beginMs, 0, 200), held), does: "collect" } as const]
      : []),
  ];
  return { wishes, faults };
};
