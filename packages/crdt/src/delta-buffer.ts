/** What is still to be sent to whom: deltas since a peer last confirmed, joined, without its own. */
import type { Crdt } from "./crdt.ts";

/** A peer's name: any text that its caller uses for it. */
export type PeerId = string;

/** What to send to a peer, and what to call it when the peer confirms it. */
export interface DeltaGroup<State> {
  readonly delta: State;
  /** The number of the last change in it. */
  readonly upTo: number;
}

/** The deltas of one value on their way to peers. */
export interface DeltaBuffer<State> {
  /** Takes note of a local change that was applied to the state. */
  readonly add: (delta: State) => void;
  /**
   * Applies what came from a peer, and takes note of what of it was new, for the others. Returns that, or null.
   *
   * Throws a `CrdtError` as `apply` does.
   */
  readonly receive: (state: State, delta: State, from: PeerId) => State | null;
  /** Everything that the peer has not confirmed and did not send; null if there is nothing. May be lost or doubled: ask again until it is confirmed. */
  readonly groupFor: (peer: PeerId) => DeltaGroup<State> | null;
  /** The peer has everything up to this number. */
  readonly confirm: (peer: PeerId, upTo: number) => void;
  /** A peer that has the state as it is now, or will get it by other means, and from now on wants deltas. */
  readonly join: (peer: PeerId) => void;
  readonly leave: (peer: PeerId) => void;
  /** How many changes are kept. */
  readonly size: () => number;
}

/** Changes that a buffer keeps apart. Beyond that the oldest become one, which then goes to everybody. */
export const bufferedChangesMax = 1_024;

interface Change<State> {
  readonly number: number;
  readonly delta: State;
  readonly from: PeerId | null;
}

/**
 * An empty buffer for values of this type.
 *
 * Without two rules deltas are no better than whole states where there are cycles among peers (Enes et al. 2019): a delta never goes back to where it
 * came from (BP), and of what arrives only what is new is passed on (RR). Deltas of all types here stand for themselves, causal ones carry their
 * dots; so a lost group leaves a gap in a context, never a claim to know what is missing.
 */
export const createDeltaBuffer = <State>(
  type: Crdt<State, unknown, object>,
): DeltaBuffer<State> => {
  let changes: Change<State>[] = [];
  let last = 0;
  const confirmedBy = new Map<PeerId, number>();

  const note = (delta: State, from: PeerId | null): void => {
    if (type.isBottom(delta) || confirmedBy.size === 0) return;
    last += 1;
    changes.push({ number: last, delta, from });
    if (changes.length > bufferedChangesMax) changes = mergedOldest(type, changes);
  };
  const prune = (): void => {
    const everybody = Math.min(...confirmedBy.values());
    changes = changes.filter(({ number }) => number > everybody);
  };
  const confirm = (peer: PeerId, upTo: number): void => {
    const confirmed = confirmedBy.get(peer);
    if (confirmed === undefined) return;
    confirmedBy.set(peer, Math.max(confirmed, Math.min(upTo, last)));
    prune();
  };

  return {
    add: (delta) => note(delta, null),
    receive: (state, delta, from) => {
      const news = type.delta(delta, state);
      if (!type.apply(state, news)) return null;
      note(news, from);
      return news;
    },
    groupFor: (peer) => {
      const confirmed = confirmedBy.get(peer) ?? last;
      const theirs = changes.filter(({ number, from }) => number > confirmed && from !== peer);
      if (theirs.length === 0) {
        // What is left came from the peer itself, which has nothing to confirm.
        confirm(peer, last);
        return null;
      }
      const delta = type.bottom();
      for (const change of theirs) type.apply(delta, change.delta);
      return { delta, upTo: last };
    },
    confirm,
    join: (peer) => void confirmedBy.set(peer, last),
    leave: (peer) => {
      confirmedBy.delete(peer);
      prune();
    },
    size: () => changes.length,
  };
};

/** The older half as one change, under its last number: whoever has confirmed a part of it gets that again, which does no harm. */
const mergedOldest = <State>(
  type: Crdt<State, unknown, object>,
  changes: readonly Change<State>[],
): Change<State>[] => {
  const half = changes.slice(0, changes.length / 2);
  const delta = type.bottom();
  for (const change of half) type.apply(delta, change.delta);
  return [{ number: half.at(-1)?.number ?? 0, delta, from: null }, ...changes.slice(half.length)];
};
