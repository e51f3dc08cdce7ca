/**
 * Reads that wait for the proof that their leader still was one after they were asked (Raft thesis, §6.4).
 *
 * A round is one exchange with the followers, under a number that is never used twice. A read waits for a round that *began after it was asked*; an answer
 * to an earlier round proves nothing, since a newer leader may have been elected and have written between that round and the read. Reads that are asked
 * while a round is on its way share the next one.
 */
import { assert } from "@syncline/machine";
import type { NodeId } from "./node-id.ts";

/** A read, and the commit index of the moment in which it was asked: whoever has applied that much may answer it. */
export interface Read {
  readonly token: number;
  readonly index: number;
}

/** A round of questions. */
interface ReadRound {
  readonly number: number;
  readonly reads: readonly Read[];
  readonly answeredBy: Set<NodeId>;
  readonly beganAtMs: number;
}

/** The reads of one leader in one term; plain data. */
export interface ReadQueue {
  /** Those of the next round. */
  waiting: Read[];
  /** Those on the way, oldest first. */
  readonly rounds: ReadRound[];
  /** The number of the last round. */
  lastRound: number;
}

/** A queue whose rounds begin after this number, so that they differ from those of earlier terms. */
export const createReadQueue = (lastRound: number): ReadQueue => ({
  waiting: [],
  rounds: [],
  lastRound,
});

/** Without answers rounds pile up; beyond this many the oldest is given up, and its reads wait for the one after it. */
const ROUNDS_MAX = 32;

/** How many reads wait, of both kinds. */
export const readCount = ({ waiting, rounds }: ReadQueue): number =>
  rounds.reduce((sum, { reads }) => sum + reads.length, waiting.length);

/** Begins a round with every read that waits, also if there is none (as a heartbeat does). Returns its number. */
export const beginRound = (queue: ReadQueue, nowMs: number): number => {
  queue.lastRound += 1;
  assert(Number.isSafeInteger(queue.lastRound), "a round is beyond what a number holds");
  queue.rounds.push({
    number: queue.lastRound,
    reads: queue.waiting,
    answeredBy: new Set(),
    beganAtMs: nowMs,
  });
  queue.waiting = [];
  if (queue.rounds.length > ROUNDS_MAX) mergeOldest(queue);
  return queue.lastRound;
};

/**
 * A follower answered a round, and so shows for every earlier one, too, that it knew no newer leader then. Returns the newest round that `isEnough` says yes
 * to with all the reads up to it, which are done; null if there is none.
 */
export const answerRound = (
  queue: ReadQueue,
  number: number,
  from: NodeId,
  isEnough: (answeredBy: ReadonlySet<NodeId>) => boolean,
): { readonly beganAtMs: number; readonly reads: readonly Read[] } | null => {
  let doneCount = 0;
  queue.rounds.forEach((round, index) => {
    if (round.number > number) return;
    round.answeredBy.add(from);
    if (isEnough(round.answeredBy)) doneCount = index + 1;
  });
  const done = queue.rounds.splice(0, doneCount);
  const last = done.at(-1);
  if (last === undefined) return null;
  return { beganAtMs: last.beganAtMs, reads: done.flatMap(({ reads }) => reads) };
};

const mergeOldest = ({ rounds }: ReadQueue): void => {
  const [oldest, next] = rounds.splice(0, 2);
  if (oldest === undefined || next === undefined) return;
  rounds.unshift({ ...next, reads: [...oldest.reads, ...next.reads] });
};
