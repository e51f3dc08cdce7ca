/** Scenes of registers that are deleted, erased and written anew. */
import type { Random } from "@syncline/machine";
import type { Fault, FaultKind } from "@syncline/simulator";
import type { Wish } from "./deeds.ts";
import {
  type DrawScene,
  type Scenes,
  shuffled,
  type Stage,
  timesAfter,
  unitMsOf,
  untilTheEnd,
} from "./scenes.ts";

/** Registers that are deleted, collected and written anew, while somebody with an older view of them is slow. */
export const drawDeletionScenes = (stage: Stage, random: Random): Scenes =>
  random.chance(0.3)
    ? untilTheEnd(stage, random, drawLateErasure, () => unitMsOf(stage) * random.integer(50, 100))
    : untilTheEnd(stage, random, drawDeletion, () => stage.wayMs * random.integer(15, 80));

const drawDeletion: DrawScene = ({ acceptors, proposers, wayMs }, beginMs, random) => {
  const key = random.pick(["r1", "r2"]);
  const [collector, slow] = [random.pick(proposers), random.pick(proposers)];
  const after = timesAfter(wayMs, random);
  const wish = (does: Wish["does"], ways: number, first: string): Wish => ({
    atMs: after(beginMs, 0, ways),
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
    return { atMs: after(beginMs, 0, 40), ...random.pick(kinds) };
  });
  return { wishes, faults };
};

/**
 * A deletion that everybody has accepted is erased, but one acceptor hears of that late; meanwhile another proposer writes and deletes once more, and another
 * acceptor hears nothing of that.
 */
const drawLateErasure: DrawScene = (stage, beginMs, random) => {
  const key = random.pick(["r1", "r2"]);
  const [collector = "", other = collector] = shuffled(stage.proposers, random);
  const [late = "", without = late] = shuffled(stage.acceptors, random);
  const unitMs = unitMsOf(stage);
  const after = timesAfter(unitMs, random);
  const wish = (does: Wish["does"], atMs: number, by: string): Wish => ({
    atMs,
    key,
    does,
    by: [by, by, collector, other],
  });
  const wishes: Wish[] = [
    wish("put", beginMs, other),
    wish("delete", after(beginMs, 5, 6), other),
    wish("collect", after(beginMs, 11, 12), collector),
    // After the acceptance by all, which comes four ways after that.
    wish("put", after(beginMs, 15, 19), other),
    wish("delete", after(beginMs, 19, 28), other),
    wish("read", after(beginMs, 40, 60), other),
  ];
  const forMs = Math.ceil(unitMs * random.integer(20, 45));
  const faults: Fault[] = [
    { kind: "clog", atMs: after(beginMs, 14, 16), from: collector, to: late, forMs },
    { kind: "clog", atMs: after(beginMs, 15, 18), from: other, to: without, forMs: forMs * 2 },
  ];
  return { wishes, faults };
};
