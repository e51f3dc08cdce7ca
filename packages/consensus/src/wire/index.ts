export { FRAME_BYTES_MAX } from "./limits.ts";
export {
  acceptorHeadRange,
  type AcceptorRange,
  type AcceptorWrite,
  headOfRow,
  rangeOfAcceptorQuery,
  registerOfRow,
  writeOfAcceptorRecord,
} from "./acceptor-rows.ts";
export { decodePaxosMessage, encodePaxosMessage } from "./paxos-messages.ts";
export { decodeRegisterMessage, encodeRegisterMessage } from "./register-messages.ts";
export { decodeRaftMessage, encodeRaftMessage } from "./raft-messages.ts";
