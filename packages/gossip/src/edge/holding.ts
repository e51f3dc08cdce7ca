/** The batches that an edge keeps: its own until they are on every disk, others' in case their home dies before they are settled. */
import { coversDot, type Dot, mergeInto, numberOf, type VersionVector } from "@syncline/clocks";
import { type Batch, sizeOf } from "../batch.ts";
import { deliver, type EdgeState, type HeldBatch, HOME } from "./edge-state.ts";
import type { CarriedBatch } from "../messages.ts";

/** Keeps an own batch under the next number, and returns it. */
export const holdOwn = (edge: EdgeState, batch: Batch, isState: boolean): HeldBatch => {
  edge.lastNumber += 1;
  const held: HeldBatch = { number: edge.lastNumber, dot: null, batch, isState };
  edge.held.add(held);
  edge.own.set(held.number, held);
  edge.outboxBytes += sizeOf(batch);
  return held;
};

/** Keeps somebody else's batch until it is on every disk, as far as there is room. */
export const holdShown = (edge: EdgeState, dot: Dot, batch: Batch): void => {
  // It may be held already: carried to this place, or shown before by another home.
  if (coversDot(edge.settledAll, dot) || carriedAt(edge, dot) !== undefined) return;
  const held: HeldBatch = { number: 0, dot, batch, isState: false };
  edge.held.add(held);
  putCarried(edge, dot, held);
  edge.carriedBytes += sizeOf(batch);
  if (edge.carriedBytes <= edge.limits.carriedBytesMax) return;
  for (const oldest of edge.held) {
    if (edge.carriedBytes <= edge.limits.carriedBytesMax) return;
    if (oldest.number === 0) forget(edge, oldest);
  }
};

const carriedAt = (edge: EdgeState, { incarnation, number }: Dot): HeldBatch | undefined =>
  edge.carriedByLog.get(incarnation)?.get(number);

const putCarried = (edge: EdgeState, { incarnation, number }: Dot, held: HeldBatch): void => {
  const log = edge.carriedByLog.get(incarnation);
  if (log === undefined) edge.carriedByLog.set(incarnation, new Map([[number, held]]));
  else log.set(number, held);
};

const removeCarried = (edge: EdgeState, { incarnation, number }: Dot): void => {
  edge.carriedByLog.get(incarnation)?.delete(number);
};

/** A home has own batches up to this number, the last of them here. Each lower one is in that one's causal past, so it is settled when that is. */
export const placeOwn = (
  edge: EdgeState,
  number: number,
  dot: Dot,
  vector: VersionVector,
): void => {
  for (const [ownNumber, held] of edge.own) {
    if (ownNumber > number) break;
    // A whole document that stands for an older batch was made later, and is placed when it is itself admitted.
    if (held.number > number) continue;
    if (held.dot === null || !coversDot(vector, held.dot)) held.dot = dot;
  }
};

/** The home shows this own batch here; lower ones that it has not shown are part of a merged state, and settled when this one is. */
export const placeShown = (edge: EdgeState, number: number, dot: Dot): void => {
  const shown = edge.own.get(number);
  if (shown?.number === number) shown.dot = dot;
  for (let lower = number - 1; ; lower -= 1) {
    const held = edge.own.get(lower);
    if (held === undefined || held.dot !== null || held.number > number) return;
    held.dot = dot;
  }
};

/** A carried batch stands at another place now, and must be settled there; or nowhere, and is let go. */
export const moveCarried = (edge: EdgeState, from: Dot, to: Dot | null): void => {
  const held = carriedAt(edge, from);
  if (held === undefined) return;
  if (to === null) return drop(edge, held);
  if (from.incarnation === to.incarnation && from.number === to.number) return;
  if (coversDot(edge.settledAll, to)) {
    noteSettled(edge, to);
    return drop(edge, held);
  }
  // It may have been shown at its new place by now. The older copy stays: own batches that rest on it stand behind it, not behind the newer.
  const again = carriedAt(edge, to);
  if (again !== undefined) drop(edge, again);
  removeCarried(edge, from);
  putCarried(edge, to, held);
  held.dot = to;
};

/** How many of the places of a log from `fromNumber` (in) to `toNumber` (out) hold a batch that is kept here. */
export const heldCountIn = (
  edge: EdgeState,
  range: { readonly incarnation: string; readonly fromNumber: number; readonly toNumber: number },
): number => {
  const numbers = new Set<number>();
  for (const { dot } of edge.held) {
    if (dot === null || dot.incarnation !== range.incarnation) continue;
    if (dot.number >= range.fromNumber && dot.number < range.toNumber) numbers.add(dot.number);
  }
  return numbers.size;
};

/** Sends everything that the home of the session lacks, own and carried, in the order in which it was made or seen. */
export const sendHeld = (edge: EdgeState, vector: VersionVector): void => {
  const sending = createSending(edge);
  for (const held of edge.held) {
    // What is not in the device's store yet follows later; nothing that was shown rests on it.
    if (held.number > edge.levels.local) continue;
    if (held.number > edge.sentNumber) {
      sending.submit(held);
    } else if (held.number === 0 && held.dot !== null && !coversDot(vector, held.dot)) {
      sending.carry(held, held.dot);
    }
  }
  sending.flush();
};

/** Sends own batches that have come into the device's store since the last were sent. */
export const sendNew = (edge: EdgeState): void => {
  const sending = createSending(edge);
  for (let number = edge.sentNumber + 1; number <= edge.levels.local; number += 1) {
    const held = edge.own.get(number);
    if (held !== undefined && held.number === number) sending.submit(held);
  }
  sending.flush();
};

interface Sending {
  submit(held: HeldBatch): void;
  carry(held: HeldBatch, dot: Dot): void;
  flush(): void;
}

/** Gathers neighbours of one kind into one message, as far as `submitBytesMax` allows. */
const createSending = (edge: EdgeState): Sending => {
  let own: HeldBatch[] = [];
  let carried: CarriedBatch[] = [];
  let bytes = 0;
  let isInStates = false;

  const flush = (): void => {
    const [first] = own;
    if (first !== undefined) {
      const batches = own.map(({ batch }) => batch);
      edge.effects.push({
        kind: "send",
        to: HOME,
        message: { kind: "submit", firstNumber: first.number, batches },
      });
    }
    if (carried.length > 0) {
      edge.effects.push({ kind: "send", to: HOME, message: { kind: "carry", batches: carried } });
    }
    own = [];
    carried = [];
    bytes = 0;
  };

  // One document's state may hold the reply to a question in another's, so they are admitted together, as far as a frame holds them.
  const makeRoom = ({ batch, isState }: HeldBatch): void => {
    const bytesMax = isState && isInStates ? edge.limits.batchBytesMax : edge.limits.submitBytesMax;
    if (bytes > 0 && bytes + sizeOf(batch) > bytesMax) flush();
    bytes += sizeOf(batch);
    isInStates = isState;
  };

  return {
    submit: (held) => {
      const isNext = own.length === 0 || own.at(-1)?.number === held.number - 1;
      if (carried.length > 0 || !isNext) flush();
      makeRoom(held);
      own.push(held);
      edge.sentNumber = held.number;
    },
    carry: (held, dot) => {
      if (own.length > 0) flush();
      makeRoom(held);
      carried.push({ ...dot, batch: held.batch });
    },
    flush,
  };
};

/**
 * Forgets a batch for which there is no room.
 *
 * If the home of the session has it, that is found out at the next home by comparing vectors. If it has not (the batch was carried there and
 * not confirmed yet), no vector speaks of it any more, and the whole documents must be offered.
 */
const forget = (edge: EdgeState, held: HeldBatch): void => {
  drop(edge, held);
  if (edge.isOwing || held.dot === null || coversDot(edge.vector, held.dot)) return;
  edge.isOwing = true;
  if (edge.phase === "joined") deliver(edge, { kind: "owed" });
};

/** A home will never admit this batch. */
export const dropRefused = (edge: EdgeState, number: number): HeldBatch | null => {
  const held = edge.own.get(number);
  if (held === undefined) return null;
  if (number > edge.levels.quorum) edge.outboxBytes -= sizeOf(held.batch);
  edge.own.delete(number);
  edge.held.delete(held);
  return held;
};

/** Puts whole documents in the place of everything held: they contain it. Where there are none, own batches stand for themselves. */
export const replaceByStates = (
  edge: EdgeState,
  batches: readonly Batch[],
): readonly HeldBatch[] => {
  if (batches.length === 0) {
    for (const held of edge.held) if (held.number === 0) drop(edge, held);
    return [];
  }
  for (const held of edge.held) if (held.number === 0) drop(edge, held);
  const states = batches.map((batch) => holdOwn(edge, batch, true));
  const [first] = states;
  const last = states.at(-1);
  if (first !== undefined && last !== undefined) standForOlder(edge, first.number, last);
  // Whatever stood there is in the documents now, and these are kept until they are on every disk.
  edge.settledPlaces.clear();
  return states;
};

/** What was in the outbox before the first of whole documents is in them: it is settled when the last of them is. */
export const standForOlder = (edge: EdgeState, firstState: number, last: HeldBatch): void => {
  for (const [number, held] of edge.own) {
    if (number >= firstState) continue;
    edge.own.set(number, last);
    // One for which an earlier document stands is gone already.
    if (held.number !== number) continue;
    edge.held.delete(held);
    if (number > edge.levels.quorum) edge.outboxBytes -= sizeOf(held.batch);
  }
};

/** Moves the levels as far as they have come, forgets what is on every disk, and tells the application if anything moved. */
export const moveLevels = (edge: EdgeState, isForced: boolean): void => {
  const { levels, lastNumber } = edge;
  const before = { relay: levels.relay, quorum: levels.quorum, all: levels.all };
  levels.relay = reach(edge, levels.relay, (dot) => dot !== null);
  levels.quorum = reach(edge, levels.quorum, (dot) => isIn(edge.settledQuorum, dot));
  levels.all = reach(edge, levels.all, (dot) => isIn(edge.settledAll, dot));
  for (let number = before.quorum + 1; number <= levels.quorum; number += 1) {
    const held = edge.own.get(number);
    if (held?.number === number) edge.outboxBytes -= sizeOf(held.batch);
  }
  for (const held of edge.held) {
    if (!isIn(edge.settledAll, held.dot)) break;
    if (held.dot !== null && !coversDot(edge.vector, held.dot)) noteSettled(edge, held.dot);
    drop(edge, held);
  }
  for (let number = before.all + 1; number <= levels.all; number += 1) letGo(edge, number);
  if (levels.quorum > before.quorum) {
    edge.effects.push({
      kind: "persist",
      records: [{ kind: "settled", number: levels.quorum }],
      then: [],
    });
  }
  const hasMoved =
    before.relay !== levels.relay || before.quorum !== levels.quorum || before.all !== levels.all;
  if (!hasMoved && !isForced) return;
  const newest = edge.own.get(lastNumber)?.dot ?? null;
  deliver(edge, { kind: "levels", submitted: lastNumber, ...levels, newest });
};

const letGo = (edge: EdgeState, number: number): void => {
  const dot = edge.own.get(number)?.dot ?? null;
  if (dot !== null) noteSettled(edge, dot);
  edge.own.delete(number);
};

const noteSettled = (edge: EdgeState, { incarnation, number }: Dot): void =>
  mergeInto(edge.settledPlaces, new Map([[incarnation, number]]));

const reach = (edge: EdgeState, from: number, has: (dot: Dot | null) => boolean): number => {
  let number = from;
  while (number < edge.lastNumber) {
    const held = edge.own.get(number + 1);
    if (held !== undefined && !has(held.dot)) break;
    number += 1;
  }
  return number;
};

const isIn = (vector: VersionVector, dot: Dot | null): boolean =>
  dot !== null && numberOf(vector, dot.incarnation) >= dot.number;

const drop = (edge: EdgeState, held: HeldBatch): void => {
  edge.held.delete(held);
  if (held.number !== 0) return;
  edge.carriedBytes -= sizeOf(held.batch);
  if (held.dot !== null) removeCarried(edge, held.dot);
};
