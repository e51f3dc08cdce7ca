/** Opens a space: puts its parts together around the machine of its edge. */
import { incarnationOf, INCARNATION_BYTES } from "@syncline/clocks";
import { type Batch, checkName, createEdge, createSpaceWriter } from "@syncline/gossip";
import { startRuntime, SyncError } from "@syncline/machine";
import { createDisks } from "@syncline/quorum";
import { createBatcher, gatheringOfUpdates } from "./batching.ts";
import { createDocumentTypes } from "./document-types.ts";
import { createDocuments } from "./documents.ts";
import { yjsType } from "./document.ts";
import { noteRecords, whenDelivered } from "./edge-outputs.ts";
import { createEmitter } from "./events.ts";
import { createMemoryJournal } from "./journal.ts";
import type { LinkedSpace } from "./link.ts";
import { createPresence } from "./presence.ts";
import { createRejoining } from "./rejoining.ts";
import { createSettling, noNumbers } from "./settling.ts";
import { createSpaceClock } from "./space-clock.ts";
import { queueStatus, type SpaceCore, type SpacePorts, tellError } from "./space-core.ts";
import { closedError, faceOf } from "./space-face.ts";
import type { Space } from "./space.ts";
import { createValues } from "./values.ts";

/** A space with what its client does to it. */
export interface OpenSpace {
  readonly space: Space;
  /** The page is being left: what was gathered is sent, and its clients are gone. */
  left(): void;
  /** The page that was left is back. */
  returned(): void;
  /** The relay will not have the client: with an error nothing more is reached, with null it is tried again. */
  refused(error: SyncError | null): void;
}

/** Opens a space, which joins as soon as the link stands; throws `BAD_NAME`. */
export const openSpace = (name: string, ports: SpacePorts): OpenSpace => {
  checkName("space", name);
  const core = createCore(name, ports);
  ports.link.attach(core.linked);
  return {
    space: core.space,
    left: () => {
      core.batcher.flush();
      core.presence.left();
    },
    returned: () => {
      core.presence.returned();
    },
    refused: (error) => {
      if (error !== null) core.settling.ended(error);
      queueStatus(core);
    },
  };
};

const createCore = (name: string, ports: SpacePorts): SpaceCore => {
  const core: SpaceCore = {
    name,
    ports,
    space: faceOf(() => core),
    linked: linkedOf(name, ports, () => core),
    emitter: createEmitter(),
    runtime: createRuntime(ports, () => core),
    types: typesOf(() => core),
    documents: documentsOf(() => core),
    values: valuesOf(name, ports, () => core),
    clock: createSpaceClock(ports.settings.now),
    batcher: batcherOf(ports, () => core),
    presence: presenceOf(() => core),
    settling: createSettling(),
    disks: createDisks(),
    rejoining: rejoiningOf(ports, () => core),
    clientId: clientIdOf(ports),
    awareness: null,
    outbox: {
      batchByNumber: new Map(),
      unnumbered: [],
      lastNumber: 0,
      numbers: noNumbers,
      newest: null,
    },
    session: { phase: "offline", isSynced: false, welcome: null },
    isPaused: false,
    isClosed: false,
    error: null,
    status: null,
    isStatusQueued: false,
  };
  return core;
};

type CoreOf = () => SpaceCore;

/** 32 bits, as Yjs draws them for each Y.Doc. */
const clientIdOf = ({ settings }: SpacePorts): number => {
  const [id = 0] = new Uint32Array(Uint8Array.from(settings.randomBytes(4)).buffer);
  return id;
};

const createRuntime = ({ settings }: SpacePorts, coreOf: CoreOf): SpaceCore["runtime"] => {
  const edge = createEdge(incarnationOf(settings.randomBytes(INCARNATION_BYTES)), settings.limits);
  const journal = createMemoryJournal();
  return startRuntime(edge, [], {
    now: () => performance.now(),
    append: (records, done) => {
      noteRecords(coreOf(), records);
      journal.append(records, done);
    },
    load: (_query, done) => {
      done(null, []);
    },
    send: (_home, message) => {
      const { linked, ports } = coreOf();
      ports.link.send(linked, message);
    },
    deliver: (output) => {
      whenDelivered(coreOf(), output);
    },
    wake: (atMs) => {
      setTimeout(() => {
        coreOf().runtime.woken();
      }, atMs - performance.now());
    },
    failed: (cause) => {
      whenFailed(coreOf(), cause);
    },
  });
};

/** The machine stands still: nothing of this space is sent or shown any more. */
const whenFailed = (core: SpaceCore, cause: Error): void => {
  const error = new SyncError("CLOSED", `the space "${core.name}" has stopped: ${cause.message}`, {
    cause,
  });
  core.error = error;
  core.session = { ...core.session, phase: "offline", isSynced: false };
  core.ports.link.detach(core.linked);
  core.settling.ended(error);
  tellError(core, error);
};

const linkedOf = (name: string, ports: SpacePorts, coreOf: CoreOf): LinkedSpace => ({
  writer: createSpaceWriter(name, ports.channel),
  connected: () => {
    join(coreOf());
  },
  disconnected: () => {
    const core = coreOf();
    core.rejoining.cancel();
    leave(core);
  },
  received: (message) => {
    coreOf().runtime.received("home", message);
  },
  turnedAway: (error) => {
    whenTurnedAway(coreOf(), error);
  },
});

const join = (core: SpaceCore): void => {
  core.session = { ...core.session, phase: "joining", isSynced: false };
  // Before the machine joins: what is said now it sends when it is welcomed.
  core.presence.connected();
  core.runtime.submitted({ kind: "connected" });
  queueStatus(core);
};

const leave = (core: SpaceCore): void => {
  core.session = { ...core.session, phase: "offline", isSynced: false };
  core.runtime.submitted({ kind: "disconnected" });
  core.presence.disconnected();
  queueStatus(core);
};

/** Codes at which asking again is of no use on this connection. */
const finalCodes: ReadonlySet<string> = new Set(["BAD_NAME", "FORBIDDEN", "UNSUPPORTED_VERSION"]);

const whenTurnedAway = (core: SpaceCore, error: SyncError | null): void => {
  leave(core);
  if (error !== null) {
    core.error = error;
    tellError(core, error);
  }
  if (error === null || !finalCodes.has(error.code)) return core.rejoining.schedule();
  core.settling.ended(error);
};

const typesOf = (coreOf: CoreOf): SpaceCore["types"] =>
  createDocumentTypes({
    appeared: (document, type) => {
      const { emitter } = coreOf();
      if (type === yjsType) emitter.emit("doc", document);
      else emitter.emit("value", document, type);
    },
    failed: (error) => {
      tellError(coreOf(), error);
    },
  });

const documentsOf = (coreOf: CoreOf): SpaceCore["documents"] =>
  createDocuments({
    get origin() {
      return coreOf().space;
    },
    get clientId() {
      return coreOf().clientId;
    },
    get batchBytesMax() {
      return coreOf().ports.settings.limits.batchBytesMax;
    },
    get types() {
      return coreOf().types;
    },
    edited: (document, update) => {
      const core = coreOf();
      const { batchBytesMax } = core.ports.settings.limits;
      core.values.leave();
      core.batcher.add(gatheringOfUpdates(document, batchBytesMax), update, update.length);
      queueStatus(core);
    },
    dropGathered: (document) => {
      coreOf().batcher.drop(document);
    },
    heldBackChanged: () => {
      queueStatus(coreOf());
    },
    failed: (error) => {
      tellError(coreOf(), error);
    },
  });

const valuesOf = (name: string, ports: SpacePorts, coreOf: CoreOf): SpaceCore["values"] => {
  const { settings, replicas } = ports;
  const [session = 0] = new Uint32Array(Uint8Array.from(settings.randomBytes(4)).buffer);
  return createValues({
    space: name,
    session,
    replicas,
    batchBytesMax: settings.limits.batchBytesMax,
    get clock() {
      return coreOf().clock;
    },
    get types() {
      return coreOf().types;
    },
    isSynced: () => coreOf().session.isSynced,
    requireOpen: () => {
      const core = coreOf();
      if (core.isClosed) throw closedError(core);
    },
    edited: (gathering, change, byteCount) => {
      const core = coreOf();
      core.batcher.add(gathering, change, byteCount);
      queueStatus(core);
    },
    flush: () => {
      coreOf().batcher.flush();
    },
    send: (batch) => {
      coreOf().batcher.flush();
      submitBatch(coreOf(), batch);
    },
    heldBackChanged: () => {
      queueStatus(coreOf());
    },
    failed: (error) => {
      tellError(coreOf(), error);
    },
  });
};

const batcherOf = ({ settings }: SpacePorts, coreOf: CoreOf): SpaceCore["batcher"] =>
  createBatcher({
    delayMs: settings.batchDelayMs,
    batchBytesMax: settings.limits.batchBytesMax,
    send: (batch) => {
      submitBatch(coreOf(), batch);
    },
    flushed: () => {
      coreOf().presence.flush();
    },
  });

const submitBatch = ({ outbox, runtime }: SpaceCore, batch: Batch): void => {
  if (!runtime.isRunning) return;
  outbox.unnumbered.push(batch);
  runtime.submitted({ kind: "edit", batch });
};

const presenceOf = (coreOf: CoreOf): SpaceCore["presence"] =>
  createPresence({
    get origin() {
      return coreOf().space;
    },
    submit: (key, bytes) => {
      coreOf().runtime.submitted({ kind: "presence", key, bytes });
    },
    changed: () => {
      coreOf().batcher.schedule();
    },
    failed: (error) => {
      tellError(coreOf(), error);
    },
  });

const rejoiningOf = ({ settings }: SpacePorts, coreOf: CoreOf): SpaceCore["rejoining"] =>
  createRejoining({
    baseMs: settings.socket.baseMs ?? 500,
    capMs: settings.socket.capMs ?? 10_000,
    random: settings.socket.random ?? Math.random,
    rejoin: () => {
      const core = coreOf();
      if (core.ports.link.isReady && !core.isPaused && !core.isClosed) join(core);
    },
  });
