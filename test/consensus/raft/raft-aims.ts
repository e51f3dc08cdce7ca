/**
 * Trouble that waits for its moment: a seed says from when on, for which moment and with which blow; the cluster's own state says when it falls and on whom.
 *
 * Faults at random times seldom meet the few milliseconds in which an election is open or a change of the members stands on one disk only.
 */
import type { Random } from "@syncline/machine";
import type { SchemeKind } from "./raft-schemes.ts";

/** What a node must be doing. Whoever does it first after the aim's time is struck. */
export type Moment =
  /** A leader has entries that are not committed. */
  | "appended"
  /** A leader has committed something that not every other node has. */
  | "committed"
  /** A leader has not committed anything of its term. */
  | "elected"
  /** A candidate waits for votes. */
  | "campaigning"
  /** A node has given its vote to another, and hears of no leader yet. */
  | "voted"
  /** A leader's log ends in other voters, and that is not committed. */
  | "changing"
  /** The same, and one of these does not know it yet. */
  | "promoting"
  /** A leader has reads that wait for their round. */
  | "reading"
  /** A leader has asked another to call an election. */
  | "handing-over"
  /** A follower has a part of a snapshot. */
  | "receiving";

/** What is done to whoever is met. */
type Blow =
  /** He is left alone with some others, as the draw says. */
  | "cut-off"
  /** A majority of those who voted before stands apart from him, who keeps all others. */
  | "cut-off-from-voters"
  /** He hears nobody and is heard. */
  | "deafen"
  /** What is on its way to him waits, and comes later. */
  | "hold"
  /** Loses power, some effects later. */
  | "crash"
  /** Everybody loses power, some effects later. */
  | "black-out"
  | "pause"
  /** The disks of all others become slow. */
  | "slow-disks"
  | "wipe"
  /** He is cut off and goes on appending. When another leads and has committed, he is let in again, and that one is cut off instead, or its disk is lost. */
  | "usurp"
  /** Of those who have what is committed, one follower's disk is lost or loses its end, and the others are cut off. */
  | "forget"
  /** Some others are told to call elections. */
  | "rival"
  | SchemeKind;

/** One such trouble. `draw` seeds what its blow needs to choose. */
export interface RaftAim {
  readonly atMs: number;
  readonly moment: Moment;
  readonly blow: Blow;
  readonly forMs: number;
  readonly draw: number;
}

/** A kind of aim, and how much more often it is drawn than others. */
export type Wish = readonly [moment: Moment, blow: Blow, weight: number];

/** Aims until `forMs`, of these kinds, each for a few election timeouts. */
export const drawAims = (
  wishes: readonly Wish[],
  electionTimeoutMs: number,
  random: Random,
  forMs: number,
): readonly RaftAim[] => {
  // Some seeds have all of them, most a few kinds that come again and again.
  const all = wishes.flatMap(([moment, blow, weight]) =>
    Array.from({ length: weight }, () => ({ moment, blow })),
  );
  const weighted = random.chance(0.7) ? [random.pick(all), random.pick(all)] : all;
  const gapMs = electionTimeoutMs * random.pick([1, 3, 8]);
  const aims: RaftAim[] = [];
  let atMs = random.integer(0, Math.ceil(2 * gapMs));
  while (atMs < forMs && aims.length < COUNT_MAX) {
    aims.push({
      atMs,
      ...random.pick(weighted),
      forMs: Math.ceil(electionTimeoutMs * random.pick([0.3, 1, 1.5, 2, 4, 8])),
      draw: random.integer(0, 2 ** 31),
    });
    atMs += random.integer(1, Math.ceil(2 * gapMs) + 1);
  }
  return aims;
};

const COUNT_MAX = 200;

/** An aim in a line of words. */
export const describeAim = ({ moment, blow, forMs }: RaftAim): string =>
  `whoever is ${moment} next meets ${blow} (${forMs} ms)`;
