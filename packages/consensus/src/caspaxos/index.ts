export { type Ballot, compareBallots, describeBallot, noBallot, ROUND_MAX } from "../ballot.ts";
export { majorityOf } from "../majority.ts";
export { type Acceptor, type AcceptorConfig, createAcceptor } from "./acceptor.ts";
export type { Action, Applied, Apply } from "./applying.ts";
export {
  type AcceptorId,
  acceptorOf,
  ACCEPTORS_MAX,
  majorityConfig,
  type RegisterConfig,
  whyBadConfig,
  whyNotReplaceable,
} from "./config.ts";
export {
  type AcceptorLimits,
  defaultAcceptorLimits,
  defaultProposerLimits,
  NAME_BYTES_MAX,
  type ProposerLimits,
  REGISTER_KEY_BYTES_MAX,
  REGISTER_VALUE_BYTES_MAX,
  RESULT_BYTES_MAX,
} from "./limits.ts";
export type {
  AcceptorHead,
  AcceptorOutput,
  AcceptorProtocol,
  AcceptorQuery,
  AcceptorRecord,
  AcceptorRequest,
  CopiedRegister,
  ProposerOutput,
  ProposerProtocol,
  ProposerRequest,
  RegisterMessage,
  RegisterOutcome,
  RegisterRequest,
  RegisterResponse,
  Rejection,
  ReplacementMessage,
} from "./messages.ts";
export { createProposer, type Proposer, type ProposerConfig } from "./proposer.ts";
export type {
  Accepted,
  OperationId,
  RecordedResult,
  Register,
  RegisterState,
  Session,
  SessionLimits,
} from "./register.ts";
