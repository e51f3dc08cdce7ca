/** The methods of a space. */
import type { Crdt } from "@syncline/crdt";
import { checkName } from "@syncline/gossip";
import { SyncError } from "@syncline/machine";
import { type Level, levels } from "@syncline/quorum";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { yjsType } from "./document.ts";
import { currentStatus, heldBackError, type SpaceCore } from "./space-core.ts";
import type { Space } from "./space.ts";
import type { SpaceValue } from "./value.ts";
import { waitable, type WaitOptions } from "./waiting.ts";

/** The space as its application has it; `coreOf` is not called before it is. */
export const faceOf = (coreOf: () => SpaceCore): Space => {
  let firstSync: Promise<void> | null = null;
  return {
    on: (name, listener) => coreOf().emitter.on(name, listener),
    once: (name, listener) => coreOf().emitter.once(name, listener),
    off: (name, listener) => {
      coreOf().emitter.off(name, listener);
    },
    get name() {
      return coreOf().name;
    },
    get status() {
      return currentStatus(coreOf());
    },
    get docNames() {
      return coreOf().documents.names;
    },
    get valueTypes() {
      return valueTypesIn(coreOf());
    },
    now: () => coreOf().clock.now(),
    get presence() {
      return presenceIn(coreOf());
    },
    get synced() {
      firstSync ??= quietly(whenSynced(coreOf(), {}));
      return firstSync;
    },
    doc: (name = "default") => docIn(coreOf(), name),
    value: (name, type) => valueIn(coreOf(), name, type),
    transact: (change) => transactIn(coreOf(), change),
    settled: (level = "quorum", options = {}) => settled(coreOf(), level, options),
    whenSynced: (options = {}) => whenSynced(coreOf(), options),
    bind: (doc, { name = "default", origin } = {}) => {
      const core = coreOf();
      requireOpen(core);
      checkName("document", name);
      return core.documents.bind(name, { doc, origin: origin ?? core.space });
    },
    share: (awareness) => {
      const core = coreOf();
      requireOpen(core);
      return core.presence.attach(awareness);
    },
    disconnect: () => {
      disconnect(coreOf());
    },
    connect: () => {
      const core = coreOf();
      if (!core.isPaused || core.isClosed) return;
      core.isPaused = false;
      core.ports.link.attach(core.linked);
    },
    close: () => {
      close(coreOf());
    },
  };
};

// oxlint-disable-next-line typescript/require-await -- A bad name is to be a rejection, not an exception.
const docIn = async (core: SpaceCore, name: string): Promise<Y.Doc> => {
  requireOpen(core);
  checkName("document", name);
  return core.documents.open(name);
};

const valueIn = async <State, Value, M extends object>(
  core: SpaceCore,
  name: string,
  type: Crdt<State, Value, M>,
): Promise<SpaceValue<State, Value, M>> => {
  requireOpen(core);
  checkName("document", name);
  await core.ports.replicas.ready;
  requireOpen(core);
  return core.values.open(name, type);
};

const transactIn = <Result>(core: SpaceCore, change: () => Result): Result => {
  requireOpen(core);
  return core.values.transact(change);
};

const valueTypesIn = ({ types }: SpaceCore): ReadonlyMap<string, string> =>
  new Map([...types.typeByName].filter(([, type]) => type !== yjsType));

const requireOpen = (core: SpaceCore): void => {
  if (core.isClosed) throw closedError(core);
};

/** What calls on a closed space come to. */
export const closedError = ({ name }: SpaceCore): SyncError =>
  new SyncError("CLOSED", `the space "${name}" is closed`);

/** Marks the promise as one whose rejection may go unseen. */
const quietly = <Value>(promise: Promise<Value>): Promise<Value> => {
  promise.catch(() => {});
  return promise;
};

const presenceIn = (core: SpaceCore): Awareness => {
  if (core.awareness !== null) return core.awareness;
  const doc = new Y.Doc();
  doc.clientID = core.clientId;
  const awareness = new Awareness(doc);
  core.awareness = awareness;
  if (core.isClosed) awareness.destroy();
  else core.presence.attach(awareness);
  return awareness;
};

const settled = async (core: SpaceCore, level: Level, options: WaitOptions): Promise<void> => {
  if (!levels.includes(level)) {
    throw new SyncError("BAD_CONFIG", `a level is one of ${levels.join(", ")}, not ${level}`);
  }
  requireOpen(core);
  // Called out of an observer, Yjs has not told yet what was just written, and the machine is at work. In a moment both are done.
  await Promise.resolve();
  requireOpen(core);
  core.batcher.flush();
  const refusal = heldBackError(core) ?? core.error ?? core.ports.clientError();
  if (refusal !== null && !isPassing(refusal)) throw refusal;
  await core.settling.wait(level, core.outbox.lastNumber, options);
};

/** Whether what is wrong is worth waiting for. */
const isPassing = ({ code }: SyncError): boolean => code === "BUSY" || code === "UNREACHABLE";

const whenSynced = async (core: SpaceCore, options: WaitOptions): Promise<void> => {
  requireOpen(core);
  if (core.session.isSynced) return;
  await waitable((resolve, reject) => {
    const stopSynced = core.emitter.on("synced", resolve);
    const stopClosed = core.emitter.on("closed", () => {
      reject(closedError(core));
    });
    return () => {
      stopSynced();
      stopClosed();
    };
  }, options);
};

const disconnect = (core: SpaceCore): void => {
  if (core.isPaused || core.isClosed) return;
  core.batcher.flush();
  core.isPaused = true;
  core.rejoining.cancel();
  core.linked.disconnected();
  core.ports.link.detach(core.linked);
};

const close = (core: SpaceCore): void => {
  if (core.isClosed) return;
  core.batcher.flush();
  core.presence.close();
  core.awareness?.destroy();
  core.ports.link.detach(core.linked);
  core.rejoining.cancel();
  core.documents.close();
  core.values.close(closedError(core));
  core.runtime.stop();
  core.session = { ...core.session, phase: "offline", isSynced: false };
  core.error = closedError(core);
  core.settling.ended(core.error);
  core.emitter.emit("status", currentStatus(core));
  core.isClosed = true;
  core.emitter.emit("closed");
  core.emitter.clear();
  core.ports.closed();
};
