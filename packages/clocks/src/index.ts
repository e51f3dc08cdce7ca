export {
  addDot,
  addDotSet,
  addVector,
  createDotSet,
  type DotSet,
  gapsOf,
  hasDot,
} from "./dot-set.ts";
export {
  decodeVector,
  encodeVector,
  readIncarnation,
  readVector,
  writeIncarnation,
  writeVector,
} from "./encoding.ts";
export {
  bytesOfIncarnation,
  type Incarnation,
  INCARNATION_BYTES,
  incarnationOf,
  isIncarnation,
} from "./incarnation.ts";
export {
  advance,
  compare,
  covers,
  coversDot,
  describeVector,
  difference,
  type Dot,
  type DotRange,
  meet,
  merge,
  mergeInto,
  type MutableVersionVector,
  numberOf,
  type Ordering,
  sortedEntries,
  type VersionVector,
} from "./version-vector.ts";
