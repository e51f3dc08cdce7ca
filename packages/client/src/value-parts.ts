/** What an open value consists of, and what it needs of its space. */
import type { Crdt, JoinedValue } from "@syncline/crdt";
import type { SyncError } from "@syncline/machine";
import type { Gathering } from "./batching.ts";
import type { Retiring } from "./retiring.ts";
import type { SpaceClock } from "./space-clock.ts";
import type { ValueChange } from "./value.ts";
import type { SentDelta, Writer, WriterPorts } from "./value-writer.ts";

/** What an open value needs of its space. */
export interface ValuePorts extends Omit<WriterPorts, "place"> {
  readonly space: string;
  readonly clock: SpaceClock;
  readonly batchBytesMax: number;
  /** Throws `CLOSED` if the space is. */
  requireOpen(): void;
  /** Whether changes wait for the end of a transaction, which then calls `leave` and `tell`. */
  waits(value: OpenValue): boolean;
  /** Sends a change, with what else is being gathered. */
  edited<Change>(gathering: Gathering<Change>, change: Change, byteCount: number): void;
  /** Sends a payload at once, after what is being gathered. */
  send(value: OpenValue, payload: Uint8Array): void;
  /** What came is of a time that is this far ahead: it is to be received again later. */
  early(value: OpenValue, payload: Uint8Array, aheadMs: number): void;
  /** Something is held back, or is not any more. */
  heldBackChanged(value: OpenValue): void;
  failed(error: SyncError): void;
}

/** An open value, as its space sees it: of whatever type. */
export interface OpenValue {
  readonly name: string;
  readonly type: string;
  /** What the application has: a `SpaceValue` of the type. */
  readonly handle: unknown;
  /** Why changes are held back; null if none are. */
  readonly error: SyncError | null;
  /** Takes in what others wrote, all that came together. Who listens is told by `tell`. */
  receive(payloads: readonly Uint8Array[]): void;
  /** Tells who listens of what has changed since they were last told. */
  tell(): void;
  /** Hands what a transaction changed to the batcher. */
  leave(): void;
  /** Everything that is here, as one payload; null if there is nothing. */
  joined(): Uint8Array | null;
  /** A batch was not taken. If it is spelled anew, `resent` is called once what stands in its place was handed to the batcher. */
  refused(payload: Uint8Array, error: SyncError, resent: () => void): void;
  /** Nothing more comes. */
  ended(error: SyncError): void;
  /** What is held back is worth another try. */
  retry(): void;
}

/** A change that was made, and not sent yet. */
export type Change<State> = Omit<SentDelta<State>, "fence">;

/** All of an open value. */
export interface Opened<State, Value, M extends object> {
  readonly name: string;
  readonly type: Crdt<State, Value, M>;
  readonly ports: ValuePorts & WriterPorts;
  readonly face: OpenValue;
  readonly joined: JoinedValue<State>;
  readonly retiring: Retiring<State>;
  readonly listeners: Set<(change: ValueChange<Value>) => void>;
  readonly sentByPayload: WeakMap<Uint8Array, SentDelta<State>>;
  readonly gathering: Gathering<Change<State>>;
  /** Null when the state has changed since. */
  plain: { readonly value: Value } | null;
  /** What listeners were last told; null while there are none. */
  told: { readonly value: Value } | null;
  news: "local" | "remote" | null;
  isTelling: boolean;
  writer: Writer<State> | null;
  /** Ids that were given up, under which something may still be refused. */
  readonly former: Writer<State>[];
  /** What was made before folds that are not known here yet, and must be brought up to them. */
  outdated: { readonly sent: SentDelta<State>; resent(): void }[];
  /** What the transaction under way has changed. */
  transacted: Change<State>[];
  heldBack: {
    changes: Change<State>[];
    readonly error: SyncError;
    readonly refusedBytes: number;
  } | null;
}
