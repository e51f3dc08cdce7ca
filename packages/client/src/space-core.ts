/** What a space consists of while it is open, and how it tells what becomes of it. */
import type { Batch, EdgeOutput, EdgeProtocol } from "@syncline/gossip";
import type { Runtime, SyncError } from "@syncline/machine";
import type { Disks } from "@syncline/quorum";
import type { Awareness } from "y-protocols/awareness";
import type { Batcher } from "./batching.ts";
import type { DocumentTypes } from "./document-types.ts";
import type { Documents } from "./documents.ts";
import type { Emitter } from "./events.ts";
import type { Link, LinkedSpace } from "./link.ts";
import type { Settings } from "./options.ts";
import type { Presence } from "./presence.ts";
import type { Rejoining } from "./rejoining.ts";
import type { ReplicaIds } from "./replica-ids.ts";
import type { LevelNumbers, Settling } from "./settling.ts";
import type { SpaceClock } from "./space-clock.ts";
import type { Space, SpaceEvents } from "./space.ts";
import { isSameStatus, type SpaceStatus, statusOf, type Welcome } from "./status.ts";
import type { Values } from "./values.ts";

/** What a space needs of its client. */
export interface SpacePorts {
  readonly settings: Settings;
  readonly link: Link;
  readonly replicas: ReplicaIds;
  /** A number that no other space of this client has had. */
  readonly channel: number;
  /** Why the client will not be served at all, or null. */
  clientError(): SyncError | null;
  /** The space has ended. */
  closed(): void;
}

/** An open space. */
export interface SpaceCore {
  readonly name: string;
  readonly ports: SpacePorts;
  readonly space: Space;
  readonly linked: LinkedSpace;
  readonly emitter: Emitter<SpaceEvents>;
  readonly runtime: Runtime<EdgeProtocol>;
  readonly types: DocumentTypes;
  readonly documents: Documents;
  readonly values: Values;
  readonly clock: SpaceClock;
  readonly batcher: Batcher;
  readonly presence: Presence;
  readonly settling: Settling;
  readonly disks: Disks;
  readonly rejoining: Rejoining;
  /** The Yjs client id of the Y.Docs that the space makes, and of its own Awareness. */
  readonly clientId: number;
  /** The one that the space made, once it was asked for. */
  awareness: Awareness | null;
  readonly outbox: Outbox;
  session: Session;
  /** Let go of the relay by the application. */
  isPaused: boolean;
  isClosed: boolean;
  /** Why the space is not served, or does not run any more. */
  error: SyncError | null;
  /** The last status that was made. */
  status: SpaceStatus | null;
  isStatusQueued: boolean;
}

/** The own batches, as far as the client keeps account of them. */
interface Outbox {
  /** Those that no home is known to have, for the case that one refuses them. */
  readonly batchByNumber: Map<number, Batch>;
  /** Given to the edge, and not numbered yet. */
  readonly unnumbered: Batch[];
  lastNumber: number;
  numbers: LevelNumbers;
  newest: Extract<EdgeOutput, { kind: "levels" }>["newest"];
}

/** What is known of the home. */
interface Session {
  readonly phase: "offline" | "joining" | "joined";
  readonly isSynced: boolean;
  /** Of the last home, also while there is none. */
  readonly welcome: Welcome | null;
}

/** The status at this moment. */
export const currentStatus = (core: SpaceCore): SpaceStatus => {
  const { documents, values, outbox, session } = core;
  const heldBackCount = documents.heldBackCount + values.heldBackCount;
  const made = statusOf({
    welcome: session.welcome,
    isConnected: session.phase === "joined",
    isSynced: session.isSynced,
    numbers: outbox.numbers,
    unsentCount: heldBackCount + (core.batcher.isWaiting ? 1 : 0),
    newestCopyCount: outbox.newest === null ? 0 : core.disks.copiesOf(outbox.newest),
    error: core.error ?? heldBackError(core) ?? core.ports.clientError(),
  });
  if (core.status === null || !isSameStatus(core.status, made)) core.status = made;
  return core.status;
};

/** Why some edits cannot be sent; null if all can. */
export const heldBackError = ({ documents, values }: SpaceCore): SyncError | null =>
  documents.heldBackError ?? values.heldBackError;

/** Tells of the status, if it is another by the end of this turn. */
export const queueStatus = (core: SpaceCore): void => {
  if (core.isStatusQueued || core.isClosed) return;
  const before = core.status;
  core.isStatusQueued = true;
  queueMicrotask(() => {
    core.isStatusQueued = false;
    if (core.isClosed) return;
    const status = currentStatus(core);
    if (status !== before) core.emitter.emit("status", status);
  });
};

/** Tells of something that went wrong. */
export const tellError = (core: SpaceCore, error: SyncError): void => {
  core.emitter.emit("error", error);
  queueStatus(core);
};
