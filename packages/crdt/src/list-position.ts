/** Places in a list that never change, between any two of which there is another: where an element is, without naming its neighbours. */
import type { ReplicaId } from "./crdt.ts";

/**
 * Elements that one replica put in one after another: they share all of their place but a number.
 *
 * A run begins at a place of another run (at none, if it is the first), before everything there or after it. (The tree is Fugue's: Weidner and
 * Kleppmann 2023, §4; a chain of children by one replica is folded into one run, as in Weidner's position strings.)
 */
export interface Run {
  readonly at: Position | null;
  readonly side: "left" | "right";
  /** Who began it, and the number of the dot with which that was: a run's name. */
  readonly replica: ReplicaId;
  readonly number: number;
  /** How many runs it is under. */
  readonly depth: number;
}

/** A place: the first of a run is at 0, what is put after it at the number of its dot, what is put before it at minus that. So no place is used twice. */
export interface Position {
  readonly run: Run;
  readonly offset: number;
}

/** How many runs a place may be under. It grows by one where somebody inserts into another's run, not with the length of the list. */
export const runDepthMax = 1_000;

/** The total order of places: 0 only for the same one. Constant within a run, else linear in the depth. */
export const comparePositions = (left: Position, right: Position): number => {
  if (left.run === right.run) return left.offset - right.offset;
  const lefts = pathOf(left);
  const rights = pathOf(right);
  const common = Math.min(lefts.length, rights.length);
  for (let index = 0; index < common; index += 1) {
    const order = compareSteps(lefts[index] as Position, rights[index] as Position);
    if (order !== 0) return order;
  }
  // One is under the other: to its left or to its right.
  if (lefts.length > common) return lefts[common]?.run.side === "left" ? -1 : 1;
  if (rights.length > common) return rights[common]?.run.side === "left" ? 1 : -1;
  return 0;
};

/**
 * A new place between two adjacent ones, for the replica's dot of this number; null stands for an end of the list.
 *
 * If a run of this replica can go on there, it does: typing makes one run, forward or backward, and two who append by turns do not nest. Otherwise a
 * run begins to the right of `before`, or, if `after` is under that already, to the left of `after`: so two who type at one place at once do not mix.
 */
export const positionBetween = (
  before: Position | null,
  after: Position | null,
  replica: ReplicaId,
  number: number,
): Position => {
  const goingOn =
    goOn(before, number, { before, after, replica }) ??
    goOn(after, -number, { before, after, replica });
  if (goingOn !== null) return goingOn;
  const isUnder = before !== null && after !== null && pathOf(after).some(isAt(before));
  const at = before === null || isUnder ? after : before;
  const depth = at === null ? 0 : at.run.depth + 1;
  if (depth > runDepthMax) throw new RangeError("a list is nested too deep here");
  const side = at === before || at === null ? "right" : "left";
  return { run: { at, side, replica, number, depth }, offset: 0 };
};

const goOn = (
  from: Position | null,
  offset: number,
  between: {
    readonly before: Position | null;
    readonly after: Position | null;
    readonly replica: ReplicaId;
  },
): Position | null => {
  const { before, after, replica } = between;
  for (const { run } of from === null ? [] : pathOf(from)) {
    if (run.replica !== replica) continue;
    const place = { run, offset };
    const isAfter = before === null || comparePositions(before, place) < 0;
    if (isAfter && (after === null || comparePositions(place, after) < 0)) return place;
  }
  return null;
};

const isAt =
  (place: Position) =>
  (other: Position): boolean =>
    comparePositions(place, other) === 0;

/** The places from the first run down to this one. */
const pathOf = (position: Position): readonly Position[] => {
  const path: Position[] = [];
  for (let at: Position | null = position; at !== null; at = at.run.at) path.push(at);
  return path.reverse();
};

/** The order of two places whose runs begin at the same place. */
const compareSteps = (left: Position, right: Position): number => {
  const [leftRun, rightRun] = [left.run, right.run];
  if (leftRun.side !== rightRun.side) return leftRun.side === "left" ? -1 : 1;
  if (leftRun.replica !== rightRun.replica) return leftRun.replica < rightRun.replica ? -1 : 1;
  return leftRun.number - rightRun.number || left.offset - right.offset;
};
