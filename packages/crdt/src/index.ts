export {
  type AWSet,
  awSet,
  type AWSetMutators,
  type AWSetState,
  hasElement,
  sizeOfSet,
} from "./aw-set.ts";
export {
  type BoundedCounter,
  boundedCounter,
  type Rights,
  rightsOf,
  type RightsTable,
  type UseRights,
} from "./bounded-counter.ts";
export type { Causal, CausalMutators } from "./causal.ts";
export type { ChainMap } from "./chain-map.ts";
export type { CounterShape, CounterShapeMutators, Counts } from "./counter-shape.ts";
export {
  type AnyCrdt,
  type Bound,
  type Crdt,
  foldedReplica,
  type ReplicaId,
  type Stats,
} from "./crdt.ts";
export { CrdtError, type CrdtErrorCode } from "./crdt-error.ts";
export {
  bufferedChangesMax,
  createDeltaBuffer,
  type DeltaBuffer,
  type DeltaGroup,
  type PeerId,
} from "./delta-buffer.ts";
export type { DotStore, Fact } from "./dot-store.ts";
export { dwFlag } from "./dw-flag.ts";
export { ewFlag, type Flag } from "./ew-flag.ts";
export type { Bag, Elements } from "./elements.ts";
export { type Extreme, type ExtremeRegister, maxRegister, minRegister } from "./extremes.ts";
export type { FlagMutators } from "./flags.ts";
export {
  epochsAdmitted,
  type Fences,
  foldsAtOnce,
  foldsRemembered,
  isUnfenced,
  noFences,
  wantedMax,
} from "./fences.ts";
export type { Fold, Folding } from "./folding.ts";
export { foldingOf } from "./folding-of.ts";
export { type GCounter, gCounter } from "./g-counter.ts";
export { type GSet, gSet } from "./g-set.ts";
export type { Integer } from "./integer.ts";
export type { LastWriterShape, LastWriterShapeMutators, TimedValue } from "./last-writer-shape.ts";
export { type Element, type Item, type Items, type List, list, type ListMutators } from "./list.ts";
export {
  emptyValue,
  encodeValue,
  foldedBetween,
  type JoinedValue,
  type Joining,
  joinInto,
  proposeFolds,
} from "./joined-value.ts";
export { lastWritten, type LWWMap, lwwMap } from "./lww-map.ts";
export { type LWWRegister, lwwRegister } from "./lww-register.ts";
export {
  type ChangeMembership,
  hasMember,
  type Membership,
  type Memberships,
} from "./memberships.ts";
export {
  type MVRegister,
  mvRegister,
  type MVRegisterMutators,
  type MVRegisterState,
  type Sibling,
  siblingsOf,
} from "./mv-register.ts";
export {
  type AtKey,
  type Branches,
  type Embeddable,
  type ORMap,
  orMap,
  type ORMapMutators,
  valueAt,
} from "./or-map.ts";
export {
  createOrigins,
  type Hearing,
  newOrigin,
  type Origin,
  type Origins,
  recognisedMax,
  send,
  type Sent,
} from "./origins.ts";
export type { Plain } from "./plain.ts";
export { comparePlain } from "./plain-order.ts";
export { type PNCounter, pnCounter } from "./pn-counter.ts";
export {
  type FieldChange,
  type Fields,
  record,
  type RecordMutators,
  type RecordType,
  type RecordValue,
} from "./record.ts";
export {
  joinEncoded,
  joinPayloads,
  type MergedPayloads,
  mergePayloads,
  typeDepthMax,
  typeNamed,
  typeNameLengthMax,
} from "./registry.ts";
export { createReplica, type Replica, type ReplicaChange } from "./replica.ts";
export { type ResettableCounter, resettableCounter } from "./resettable-counter.ts";
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
export { type RWSet, rwSet, type RWSetMutators, type Verdict, type Verdicts } from "./rw-set.ts";
export type { Change, Leaf, Shape } from "./shape.ts";
export type { Count, Totals } from "./totals.ts";
export { type TwoPhaseSet, twoPhaseSet } from "./two-phase-set.ts";
export {
  decodePayload,
  encodeDelta,
  encodeEpoch,
  encodeFences,
  encodeJoined,
  type FencesSeen,
  fencesIn,
  type Heads,
  noteHead,
  sentIn,
  type ValuePayload,
  type Writer,
} from "./value-payload.ts";
export type { Write, Writes } from "./writes.ts";
