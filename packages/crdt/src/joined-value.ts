/** A value as a home joins it and an edge shows it: a state, how far each replica is in it, and which retired replicas were folded. */
import { type Crdt, type ReplicaId } from "./crdt.ts";
import { CrdtError } from "./crdt-error.ts";
import { type Fences, foldsAtOnce, foldsRemembered, isUnfenced } from "./fences.ts";
import type { Fold } from "./folding.ts";
import { foldingOf } from "./folding-of.ts";
import type { Origin } from "./origins.ts";
import { encodeFences, encodeJoined, noteHead, type ValuePayload } from "./value-payload.ts";

type AnyType<State> = Crdt<State, unknown, object>;

/** A value. `joinInto` alone changes it. */
export interface JoinedValue<State> {
  state: State;
  readonly heads: Map<ReplicaId, Origin>;
  epoch: number;
  readonly folds: Map<number, Fold<State>>;
  readonly wanted: Map<ReplicaId, number>;
}

/** A value of which nothing is known. */
export const emptyValue = <State>(type: AnyType<State>): JoinedValue<State> => ({
  state: type.bottom(),
  heads: new Map(),
  epoch: 0,
  folds: new Map(),
  wanted: new Map(),
});

/** What joining came to. */
export interface Joining<State> {
  readonly isChanged: boolean;
  /** The folds that the value's state went through. */
  readonly performed: readonly Fold<State>[];
}

/**
 * Joins payloads into the value. What comes together is to be given together: a change of an earlier epoch is folded as far as the furthest, by the folds that
 * any of them brings. In whatever order and however often payloads come, the value is the same.
 *
 * Throws a `CrdtError` and changes nothing: `ABOVE_FENCE` if the value itself lacks folds on the way to the furthest epoch, since they are forgotten,
 * `BELOW_FENCE` if a payload does. What `apply` throws at a payload goes to `refused`; the others are joined all the same. Linear in the payloads, and for each new fold in the value.
 */
export const joinInto = <State>(
  type: AnyType<State>,
  value: JoinedValue<State>,
  payloads: readonly ValuePayload<State>[],
  refused: (error: CrdtError) => void = rethrow,
): Joining<State> => {
  if (isUnfenced(value) && payloads.every(({ fences }) => isUnfenced(fences))) {
    return { isChanged: joinAll(type, value, payloads, refused), performed: [] };
  }
  const epoch = Math.max(value.epoch, ...payloads.map(({ fences }) => fences.epoch));
  const folds = new Map(value.folds);
  for (const { fences } of payloads) {
    for (const [begun, fold] of fences.folds) if (!folds.has(begun)) folds.set(begun, fold);
  }
  const isNothing = type.isBottom(value.state) && value.heads.size === 0;
  const performed = isNothing ? [] : foldsBetween(folds, value.epoch, epoch, "ABOVE_FENCE");
  const raised = payloads.map((payload) => raisedTo(type, folds, epoch, payload));
  for (const fold of performed) {
    value.state = foldingOf(type).fold(value.state, fold);
    value.heads.delete(fold.retired);
  }
  value.epoch = epoch;
  for (const [begun, fold] of folds) value.folds.set(begun, fold);
  const isChanged = joinAll(type, value, raised, refused);
  for (const { fences } of payloads) noteWanted(value, fences);
  forget(value);
  return { isChanged: isChanged || performed.length > 0, performed };
};

const joinAll = <State>(
  type: AnyType<State>,
  { state, heads }: JoinedValue<State>,
  payloads: readonly ValuePayload<State>[],
  refused: (error: CrdtError) => void,
): boolean => {
  let isChanged = false;
  for (const payload of payloads) {
    for (const [replica, head] of payload.heads) noteHead(heads, replica, head);
    try {
      if (type.apply(state, payload.state)) isChanged = true;
    } catch (error) {
      if (!(error instanceof CrdtError)) throw error;
      refused(error);
    }
  }
  return isChanged;
};

const rethrow = (error: CrdtError): void => {
  throw error;
};

/** The state or delta after the folds from one epoch to another; null if one of them is not known. Linear in the state for each. */
export const foldedBetween = <State>(
  type: AnyType<State>,
  folds: ReadonlyMap<number, Fold<State>>,
  state: State,
  { from, to }: { readonly from: number; readonly to: number },
): State | null => {
  let folded = state;
  for (let epoch = from + 1; epoch <= to; epoch += 1) {
    const fold = folds.get(epoch);
    if (fold === undefined) return null;
    folded = foldingOf(type).fold(folded, fold);
  }
  return folded;
};

const foldsBetween = <State>(
  folds: ReadonlyMap<number, Fold<State>>,
  from: number,
  to: number,
  code: "ABOVE_FENCE" | "BELOW_FENCE",
): readonly Fold<State>[] => {
  const between: Fold<State>[] = [];
  for (let epoch = from + 1; epoch <= to; epoch += 1) {
    const fold = folds.get(epoch);
    if (fold === undefined) throw new CrdtError(code, `the fold of epoch ${epoch} is not known`);
    between.push(fold);
  }
  return between;
};

const raisedTo = <State>(
  type: AnyType<State>,
  folds: ReadonlyMap<number, Fold<State>>,
  epoch: number,
  payload: ValuePayload<State>,
): ValuePayload<State> => {
  const isNothing = payload.heads.size === 0 && type.isBottom(payload.state);
  if (isNothing || payload.fences.epoch === epoch) return payload;
  const heads = new Map(payload.heads);
  let { state } = payload;
  for (const fold of foldsBetween(folds, payload.fences.epoch, epoch, "BELOW_FENCE")) {
    state = foldingOf(type).fold(state, fold);
    heads.delete(fold.retired);
  }
  return { ...payload, state, heads };
};

const noteWanted = <State>({ wanted }: JoinedValue<State>, fences: Fences<State>): void => {
  for (const [replica, epoch] of fences.wanted) {
    if (epoch >= (wanted.get(replica) ?? 0)) wanted.set(replica, epoch);
  }
};

/** Forgets old folds, and wishes that were granted or are as old: a fold that is forgotten would else be asked for again by each late wish. */
const forget = <State>({ epoch, folds, wanted }: JoinedValue<State>): void => {
  for (const [replica, wantedAt] of wanted) {
    if (wantedAt < epoch - foldsRemembered) wanted.delete(replica);
  }
  for (const [begun, { retired }] of folds) {
    const wantedAt = wanted.get(retired);
    if (begun <= epoch && wantedAt !== undefined && wantedAt < begun) wanted.delete(retired);
    if (begun <= epoch - foldsRemembered) folds.delete(begun);
  }
};

/** The value as one payload. Equal values have equal bytes. */
export const encodeValue = <State>(type: AnyType<State>, value: JoinedValue<State>): Uint8Array =>
  encodeJoined(type, value.heads, value.state, value);

/**
 * The folds of the replicas that are wanted, as a payload: some at a time, those first that were wanted first. Null if there are none, or if some are proposed already.
 *
 * Only one may propose, and only when it knows every proposal that there is; and a proposal may be performed only when no disk is without it, so that
 * nobody ever proposes others for the same epochs. See `PROTOCOL.md` of gossip. Linear in the state for each fold.
 */
export const proposeFolds = <State>(
  type: AnyType<State>,
  { state, epoch, folds, wanted }: JoinedValue<State>,
): Uint8Array | null => {
  if ([...folds.keys()].some((begun) => begun > epoch)) return null;
  const next = [...wanted].sort(compareWanted).slice(0, foldsAtOnce);
  if (next.length === 0) return null;
  const proposed = new Map<number, Fold<State>>();
  let folded = state;
  for (const [replica] of next) {
    const fold = foldingOf(type).startFold(folded, replica);
    folded = foldingOf(type).fold(folded, fold);
    proposed.set(epoch + proposed.size + 1, fold);
  }
  return encodeFences(type, { epoch, folds: proposed, wanted: new Map() });
};

const compareWanted = (
  [leftReplica, leftEpoch]: readonly [ReplicaId, number],
  [rightReplica, rightEpoch]: readonly [ReplicaId, number],
): number => leftEpoch - rightEpoch || (leftReplica < rightReplica ? -1 : 1);
