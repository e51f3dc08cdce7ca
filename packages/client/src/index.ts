export { type Client, type ClientEvents, type ClientStatus, connect } from "./client.ts";
export { type ErrorCode, SyncError } from "./errors.ts";
export type { EventArguments, Listener, Listening } from "./events.ts";
export type { ConnectOptions, EdgeLimits, Level, PassedOptions, Token } from "./options.ts";
export type { ConnectionLoss, ProviderOptions } from "./provider-options.ts";
export { Provider, type ProviderEvents } from "./provider.ts";
export type { BindOptions, Space, SpaceEvents } from "./space.ts";
export type { SpaceStatus } from "./status.ts";
export type { WaitOptions } from "./waiting.ts";
