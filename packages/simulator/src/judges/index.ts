export { judgeConvergence } from "./convergence.ts";
export { judgeDeletion } from "./deletion.ts";
export {
  describeDot,
  describeRanges,
  type DotRanges,
  includesDot,
  type NumberRange,
  rangesOfDots,
  rangesOfNumbers,
  type WriteDot,
} from "./dot-ranges.ts";
export { type DurabilityOptions, judgeDurability } from "./durability.ts";
export type {
  Acknowledgement,
  History,
  Observation,
  Operation,
  Outcome,
  Read,
  Replica,
  Write,
} from "./history.ts";
export {
  createRecorder,
  LINE_ERRORS_MAX,
  LINE_LENGTH_MAX,
  type LineError,
  LINES_MAX,
  NESTING_MAX,
  type ReadHistory,
  readHistory,
  type Recorder,
  writeHistory,
} from "./history-lines.ts";
export { judgeLinearizability, type LinearizabilityLimits } from "./linearizability.ts";
export { claimModel, type ClaimInput, type ClaimOutput, type ClaimState } from "./models/claim.ts";
export {
  counterModel,
  type CounterInput,
  type CounterOptions,
  type CounterOutput,
  type CounterState,
} from "./models/counter.ts";
export {
  lockModel,
  type LockInput,
  type LockOptions,
  type LockOutput,
  type LockState,
} from "./models/lock.ts";
export type { AsRegister, Description, Model } from "./models/model.ts";
export {
  registerModel,
  type RegisterInput,
  type RegisterOutput,
  type RegisterState,
} from "./models/register.ts";
export {
  sequenceModel,
  type SequenceInput,
  type SequenceOptions,
  type SequenceOutput,
  type SequenceState,
} from "./models/sequence.ts";
export {
  versionedModel,
  type VersionedInput,
  type VersionedOutput,
  type VersionedState,
} from "./models/versioned.ts";
export { judgeSessions } from "./sessions.ts";
export { timelinePage } from "./timeline-page.ts";
export { describeVerdict } from "./timeline.ts";
export {
  type Evidence,
  type Guarantee,
  type Verdict,
  type Violation,
  VIOLATIONS_MAX,
} from "./verdict.ts";
