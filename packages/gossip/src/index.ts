export {
  type AdmittedEdge,
  type Author,
  type Batch,
  type EdgeId,
  type Entry,
  type HomeId,
  type State,
} from "./batch.ts";
export { createEdge, type Edge } from "./edge.ts";
export {
  type EdgeOutput,
  type EdgeProtocol,
  type EdgeRecord,
  type EdgeRequest,
} from "./edge-protocol.ts";
export { createHome, type Home } from "./home.ts";
export { restOf } from "./home/resting.ts";
export {
  type DocumentHead,
  type Fence,
  type Fencing,
  type HomeConfig,
  type HomeOutput,
  type HomeProtocol,
  type HomeQuery,
  type HomeRecord,
  type HomeRequest,
  type HomeRow,
  type Rest,
  noFencing,
  type PayloadFence,
} from "./home-protocol.ts";
export {
  defaultEdgeLimits,
  defaultHomeLimits,
  type EdgeLimits,
  type HomeLimits,
} from "./limits.ts";
export {
  type CarriedBatch,
  type DurableVector,
  type EdgeMessage,
  type HomeMessage,
  type PeerMessage,
  type Presence,
  type ShownEntry,
  type SpaceMessage,
} from "./messages.ts";
export { checkName, NAME_BYTES_MAX, SEGMENT_BYTES_MAX, whyBadName } from "./names.ts";
export {
  answerOfRow,
  type KeyRange,
  rangeOfQuery,
  type RecordWrite,
  recordOfRow,
  recoveryRanges,
  writeOfRecord,
} from "./records.ts";
export {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  type Greeting,
  heartbeatFrame,
  type LinkItem,
  type LinkReader,
  type LinkWriter,
  type SpaceWriter,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "./wire/link.ts";
