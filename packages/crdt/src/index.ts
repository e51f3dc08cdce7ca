export type { Fold, Folding } from "./folding.ts";
export { foldingOf } from "./folding-of.ts";
export {
  bufferedChangesMax,
  createDeltaBuffer,
  type DeltaBuffer,
  type DeltaGroup,
  type PeerId,
} from "./delta-buffer.ts";
export {
  createOrigins,
  type Hearing,
  newOrigin,
  type Origin,
  type Origins,
  send,
  type Sent,
} from "./origins.ts";
export { joinEncoded, typeNamed } from "./registry.ts";
export { createReplica, type Replica, type ReplicaChange } from "./replica.ts";
export {
  admit,
  agree,
  type Answer,
  decodeFold,
  encodeFold,
  type Fenced,
  type FencedDelta,
  perform,
  prepare,
  rejoin,
  unfenced,
} from "./retirement.ts";
export { hasMember } from "./memberships.ts";
export type { AnyCrdt, Bound, Crdt, ReplicaId, Stats } from "./crdt.ts";
export { CrdtError, type CrdtErrorCode } from "./crdt-error.ts";
export { foldedReplica } from "./crdt.ts";
export type { Integer } from "./integer.ts";
export { type List, list } from "./list.ts";
export type { Plain } from "./plain.ts";
export { comparePlain } from "./plain-order.ts";
export { type AWSet, awSet, type AWSetState, hasElement, sizeOfSet } from "./aw-set.ts";
export { type BoundedCounter, boundedCounter, rightsOf } from "./bounded-counter.ts";
export { dwFlag } from "./dw-flag.ts";
export { ewFlag, type Flag } from "./ew-flag.ts";
export { type GCounter, gCounter } from "./g-counter.ts";
export { type GSet, gSet } from "./g-set.ts";
export { lastWritten, type LWWMap, lwwMap } from "./lww-map.ts";
export { type LWWRegister, lwwRegister } from "./lww-register.ts";
export { maxRegister, minRegister } from "./extremes.ts";
export { type MVRegister, mvRegister, siblingsOf } from "./mv-register.ts";
export { type ORMap, orMap, valueAt } from "./or-map.ts";
export { type PNCounter, pnCounter } from "./pn-counter.ts";
export { record } from "./record.ts";
export { type ResettableCounter, resettableCounter } from "./resettable-counter.ts";
export { type RWSet, rwSet } from "./rw-set.ts";
export { type TwoPhaseSet, twoPhaseSet } from "./two-phase-set.ts";
