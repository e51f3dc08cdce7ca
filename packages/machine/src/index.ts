export { assert, AssertionError, unreachable } from "./assert.ts";
export { createGroupCommit, type GroupCommit } from "./group-commit.ts";
export type { Effect, Input, Machine, PeerId, Protocol } from "./machine.ts";
export { seededRandom, type Random } from "./random.ts";
export { startRuntime, type Runtime, type RuntimePorts } from "./runtime.ts";
export { type ErrorCode, errorCodes, SyncError } from "./sync-error.ts";
