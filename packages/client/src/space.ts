/** A space as applications see it. */
import type { HybridTime } from "@syncline/clocks";
import type { Crdt } from "@syncline/crdt";
import type { SyncError } from "@syncline/machine";
import type { Level } from "@syncline/quorum";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { Listening } from "./events.ts";
import type { SpaceStatus } from "./status.ts";
import type { SpaceValue } from "./value.ts";
import type { WaitOptions } from "./waiting.ts";

/** What a space tells, by name. A type, since an interface would have no index. */
export type SpaceEvents = {
  /** The status has changed; several changes in one turn of the event loop are one event. */
  readonly status: readonly [status: SpaceStatus];
  /** Something went wrong that the user of the application may have to know. */
  readonly error: readonly [error: SyncError];
  /** A Yjs document became known: opened here, or written to by somebody. */
  readonly doc: readonly [name: string];
  /** The same of a value, with its type's name. */
  readonly value: readonly [name: string, type: string];
  /** `synced` of the status has become true. */
  readonly synced: readonly [];
  /** `close` was called, on the space or its client. The last event. */
  readonly closed: readonly [];
};

/** How a Y.Doc of the application's is bound. */
export interface BindOptions {
  /** The document that it stands for. Default: `default`. */
  readonly name?: string;
  /** The transaction origin of changes from elsewhere. Default: the space. */
  readonly origin?: unknown;
}

/** What syncs together: documents, values and the presence of those who have them open. */
export interface Space extends Listening<SpaceEvents> {
  readonly name: string;
  /** The space's state at this moment. The same object as long as nothing changes. */
  readonly status: SpaceStatus;
  /** The Yjs documents that are known: opened here, or written to by somebody. */
  readonly docNames: readonly string[];
  /** The values that are known, each with the name of its type. */
  readonly valueTypes: ReadonlyMap<string, string>;
  /** Who is here, as y-protocols has it; its client id is that of the space's Y.Docs. One for the life of the space. */
  readonly presence: Awareness;
  /** Resolves when everything that the home had is here for the first time; rejects with `CLOSED`. */
  readonly synced: Promise<void>;
  /**
   * The Y.Doc of this name, with what is here of it: offline too, nothing is waited for.
   *
   * The same Y.Doc for the same name. Changes from elsewhere have the space as their transaction's origin.
   * Rejects with `BAD_NAME`, `TYPE_MISMATCH` or `CLOSED`.
   */
  doc(name?: string): Promise<Y.Doc>;
  /**
   * The value of this name, with what is here of it: offline too, the network is not waited for.
   *
   * The same for the same name. The type is one of `@syncline/crdt`. Rejects with `BAD_NAME`, `TYPE_MISMATCH` or `CLOSED`.
   */
  value<State, Value, M extends object>(
    name: string,
    type: Crdt<State, Value, M>,
  ): Promise<SpaceValue<State, Value, M>>;
  /**
   * Calls `change` and returns what it returns: each value that it changes is changed by one batch, and its listeners are told once.
   *
   * The batches of several values leave one right after the other, in the order in which the values were first changed. Others never see a later one
   * without the earlier ones; mostly, but not always, they see all of them at one moment. An exception ends it, and what was changed stays changed.
   */
  transact<Result>(change: () => Result): Result;
  /** The time for a last-writer-wins change that is made now: after everything that was seen in this space. */
  now(): HybridTime;
  /**
   * Resolves once everything that was edited here before the call has come to this level. Default: `quorum`.
   *
   * Rejects with `TIMEOUT`, with `CLOSED`, with why a batch was refused, or with the signal's reason. A rejection says that it is not known to
   * have come so far: only a refused edit stays where it is, everything else is still sent.
   */
  settled(level?: Level, options?: WaitOptions): Promise<void>;
  /** Resolves at once if `status.synced` is true, or else when it becomes so; rejects as `settled` does. */
  whenSynced(options?: WaitOptions): Promise<void>;
  /**
   * Lets a Y.Doc of the application's stand for a document, beside any other that does. What it holds counts as an edit.
   *
   * Returns what ends it. Throws `BAD_NAME`, `TYPE_MISMATCH` or `CLOSED`.
   */
  bind(doc: Y.Doc, options?: BindOptions): () => void;
  /** Shares what an Awareness of the application's says of its client, and shows it the others. Returns what ends it. */
  share(awareness: Awareness): () => void;
  /** Lets go of the relay; edits are kept in memory until `connect`. */
  disconnect(): void;
  /** Ends `disconnect`. */
  connect(): void;
  /**
   * Ends it: sends what was gathered, says that its clients are gone, and leaves the Y.Docs to the application.
   *
   * What no relay has by then is lost: await `settled` first.
   */
  close(): void;
}
