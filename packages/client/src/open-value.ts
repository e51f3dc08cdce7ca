/** One value of a space that is open here: its state, who changes it, and who is told. */
import {
  type Bound,
  type Crdt,
  CrdtError,
  decodePayload,
  encodeJoined,
  noteHead,
  type Origin,
  type ReplicaId,
} from "@syncline/crdt";
import { SyncError } from "@syncline/machine";
import type { Gathering } from "./batching.ts";
import { fenced } from "./events.ts";
import { respell, withoutOwn } from "./rebasing.ts";
import type { SpaceClock } from "./space-clock.ts";
import type { SpaceValue, ValueChange } from "./value.ts";
import {
  chooseWriter,
  isFromClone,
  noteHeard,
  type SentDelta,
  writeDelta,
  type Writer,
  type WriterPorts,
} from "./value-writer.ts";

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
  /** Takes in what others wrote. Who listens is told by `tell`. */
  receive(payload: Uint8Array): void;
  /** Tells who listens of what has changed since they were last told. */
  tell(): void;
  /** Hands what a transaction changed to the batcher. */
  leave(): void;
  /** Everything that is here, as one payload; null if there is nothing. */
  joined(): Uint8Array | null;
  /** A batch was not taken. */
  refused(payload: Uint8Array, error: SyncError): void;
  /** What is held back is worth another try. */
  retry(): void;
}

interface Change<State> {
  readonly writer: Writer<State>;
  readonly delta: State;
}

interface Opened<State, Value, M extends object> {
  readonly name: string;
  readonly type: Crdt<State, Value, M>;
  readonly ports: ValuePorts & WriterPorts;
  readonly face: OpenValue;
  readonly heads: Map<ReplicaId, Origin>;
  readonly listeners: Set<(change: ValueChange<Value>) => void>;
  readonly sentByPayload: WeakMap<Uint8Array, SentDelta<State>>;
  readonly gathering: Gathering<Change<State>>;
  state: State;
  /** Null when the state has changed since. */
  plain: { readonly value: Value } | null;
  /** What listeners were last told; null while there are none. */
  told: { readonly value: Value } | null;
  news: "local" | "remote" | null;
  isTelling: boolean;
  writer: Writer<State> | null;
  /** Ids that were given up, under which something may still be refused. */
  readonly former: Writer<State>[];
  /** What the transaction under way has changed. */
  transacted: Change<State>[];
  heldBack: {
    changes: Change<State>[];
    readonly error: SyncError;
    readonly refusedBytes: number;
  } | null;
}

/** What stands around a delta in a payload, at most. */
const headBytesMax = 32;
/** Ids that were given up and are remembered. */
const formerMax = 4;
/** Below this size a refused change is offered again with each further one, though it did not shrink. */
const smallBytes = 64 * 1024;
/** Changes that are held back one by one; beyond it they are joined. */
const heldBackMax = 64;

/** A value of which nothing is known yet. */
export const openValue = <State, Value, M extends object>(
  name: string,
  type: Crdt<State, Value, M>,
  ports: ValuePorts,
): OpenValue => {
  const value: Opened<State, Value, M> = {
    name,
    type,
    ports: { ...ports, place: `${ports.space}\n${name}` },
    face: faceOf(() => value, name, type),
    heads: new Map(),
    listeners: new Set(),
    sentByPayload: new WeakMap(),
    gathering: {
      document: name,
      type: type.name,
      payloadsOf: (changes) => payloadsOf(value, changes),
    },
    state: type.bottom(),
    plain: null,
    told: null,
    news: null,
    isTelling: false,
    writer: null,
    former: [],
    transacted: [],
    heldBack: null,
  };
  return value.face;
};

const faceOf = <State, Value, M extends object>(
  valueOf: () => Opened<State, Value, M>,
  name: string,
  type: Crdt<State, Value, M>,
): OpenValue => ({
  name,
  type: type.name,
  handle: handleOf(valueOf, name, type),
  get error() {
    return valueOf().heldBack?.error ?? null;
  },
  receive: (payload) => {
    receive(valueOf(), payload);
  },
  tell: () => {
    tell(valueOf());
  },
  leave: () => {
    leave(valueOf());
  },
  joined: () => {
    const { state, heads } = valueOf();
    return type.isBottom(state) ? null : encodeJoined(type, heads, state);
  },
  refused: (payload, error) => {
    whenRefused(valueOf(), payload, error);
  },
  retry: () => {
    retry(valueOf());
  },
});

const handleOf = <State, Value, M extends object>(
  valueOf: () => Opened<State, Value, M>,
  name: string,
  type: Crdt<State, Value, M>,
): SpaceValue<State, Value, M> => {
  const mutate: Record<string, (...args: readonly unknown[]) => void> = {};
  for (const [mutator, call] of Object.entries(type.mutators)) {
    mutate[mutator] = (...args) => {
      change(valueOf(), call as Mutator<State>, args);
    };
  }
  const face = {
    name,
    type: type.name,
    get value() {
      return plainOf(valueOf());
    },
    get state() {
      return valueOf().state;
    },
    get replica() {
      return writerIn(valueOf()).replica;
    },
    subscribe: (listener: (change: ValueChange<Value>) => void) => subscribe(valueOf(), listener),
  };
  // `Object.assign` reads getters; this keeps them.
  return Object.defineProperties(
    mutate as object as Bound<M, void>,
    Object.getOwnPropertyDescriptors(face),
  ) as SpaceValue<State, Value, M>;
};

type Mutator<State> = (state: State, replica: ReplicaId, ...args: readonly unknown[]) => State;

const plainOf = <State, Value, M extends object>(value: Opened<State, Value, M>): Value => {
  value.plain ??= { value: value.type.value(value.state) };
  return value.plain.value;
};

/** The writer of the next change; another one than before if its id turned out to be another device's. */
const writerIn = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
): Writer<State> => {
  const { writer, former, ports, type, state, heads } = value;
  if (writer !== null && ports.replicas.isCurrent(writer.replica)) return writer;
  if (writer !== null) former.push(writer);
  if (former.length > formerMax) former.shift();
  value.writer = chooseWriter(type, state, heads, ports);
  return value.writer;
};

const change = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  mutator: Mutator<State>,
  args: readonly unknown[],
): void => {
  const { type, ports, state } = value;
  ports.requireOpen();
  const writer = writerIn(value);
  const delta = asSyncError(() => mutator(state, writer.replica, ...args));
  if (type.isBottom(delta)) return;
  const byteCount = sizeOf(value, delta);
  if (byteCount > ports.batchBytesMax) {
    const text = `a change of "${value.name}" has ${byteCount} bytes; the limit is ${ports.batchBytesMax}`;
    throw new SyncError("TOO_LARGE", text);
  }
  // What came from elsewhere is told first, as what it is.
  if (value.news === "remote") tell(value);
  type.apply(state, delta);
  value.plain = null;
  value.news = "local";
  if (ports.waits(value.face)) return void value.transacted.push({ writer, delta });
  submit(value, { writer, delta }, byteCount);
  tell(value);
};

const asSyncError = <Result>(call: () => Result): Result => {
  try {
    return call();
  } catch (cause) {
    if (!(cause instanceof CrdtError) || cause.code !== "NO_RIGHTS") throw cause;
    throw new SyncError("NO_RIGHTS", cause.message, { cause });
  }
};

const sizeOf = <State, Value, M extends object>(
  { type }: Opened<State, Value, M>,
  delta: State,
): number => type.encode(delta).length + headBytesMax;

const submit = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  one: Change<State>,
  byteCount: number,
): void => {
  const { heldBack, ports, gathering } = value;
  if (heldBack === null) return ports.edited(gathering, one, byteCount);
  heldBack.changes.push(one);
  joinHeldBack(value);
  // It may be what makes the value smaller.
  const isTooLarge = heldBack.error.code === "TOO_LARGE";
  if (isTooLarge && heldBackBytes(value) <= Math.max(smallBytes, heldBack.refusedBytes * 0.75)) {
    retry(value);
  }
};

const heldBackBytes = <State, Value, M extends object>(value: Opened<State, Value, M>): number =>
  (value.heldBack?.changes ?? []).reduce((sum, { delta }) => sum + sizeOf(value, delta), 0);

const joinHeldBack = <State, Value, M extends object>(value: Opened<State, Value, M>): void => {
  const { heldBack, ports } = value;
  if (heldBack === null || heldBack.changes.length <= heldBackMax) return;
  const joined = joinedOf(value, heldBack.changes);
  const isSmall = joined.every(({ delta }) => sizeOf(value, delta) * 2 <= ports.batchBytesMax);
  if (isSmall) heldBack.changes = joined;
};

const leave = <State, Value, M extends object>(value: Opened<State, Value, M>): void => {
  const changes = value.transacted;
  value.transacted = [];
  if (changes.length === 0) return;
  const joined = joinedOf(value, changes);
  const isOne = joined.every(({ delta }) => sizeOf(value, delta) <= value.ports.batchBytesMax);
  for (const one of isOne ? joined : changes) submit(value, one, sizeOf(value, one.delta));
};

/** Neighbours of one writer as one. */
const joinedOf = <State, Value, M extends object>(
  { type }: Opened<State, Value, M>,
  changes: readonly Change<State>[],
): Change<State>[] => {
  const joined: Change<State>[] = [];
  for (const { writer, delta } of changes) {
    const last = joined.at(-1);
    if (last?.writer === writer) type.apply(last.delta, delta);
    else joined.push({ writer, delta: type.join(delta, type.bottom()) });
  }
  return joined;
};

const payloadsOf = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  changes: readonly Change<State>[],
): readonly Uint8Array[] => {
  const joined = joinedOf(value, changes);
  const isOne = joined.every(({ delta }) => sizeOf(value, delta) <= value.ports.batchBytesMax);
  return (isOne ? joined : changes).map((one) => {
    const { writer, delta } = underGoodId(value, one);
    const { payload, sent } = writeDelta(value.type, writer, delta, value.ports);
    noteHead(value.heads, writer.replica, writer.origin);
    value.sentByPayload.set(payload, sent);
    return payload;
  });
};

/** A change that was made, but not sent, before its id turned out to be another device's is spelled anew. */
const underGoodId = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  one: Change<State>,
): Change<State> => (one.writer.isCloned ? rebase(value, { ...one, fence: one.writer.part }) : one);

const receive = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  bytes: Uint8Array,
): void => {
  const { type, ports, name } = value;
  const payload = decodePayload(type, bytes);
  if (payload === null) {
    return ports.failed(
      new SyncError("BAD_PAYLOAD", `a batch of the value "${name}" is none of type ${type.name}`),
    );
  }
  const aheadMs = ports.clock.see(type.latestTime(payload.state));
  if (aheadMs > 0) return ports.early(value.face, bytes, aheadMs);
  const writers = value.writer === null ? value.former : [...value.former, value.writer];
  for (const writer of writers) {
    const isForeign = isFromClone(writer, payload.heads);
    noteHeard(type, writer, payload.state, isForeign);
    if (isForeign && !writer.isCloned) giveUp(value, writer, "something came under it");
  }
  try {
    if (!type.apply(value.state, payload.state)) return;
  } catch (cause) {
    if (!(cause instanceof CrdtError)) throw cause;
    return ports.failed(new SyncError("CLONED_REPLICA", cause.message, { cause }));
  } finally {
    for (const [replica, head] of payload.heads) noteHead(value.heads, replica, head);
  }
  value.plain = null;
  value.news = "remote";
};

/** Writes under another id from now on. */
const giveUp = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  writer: Writer<State>,
  why: string,
): void => {
  const { former, ports, name } = value;
  writer.isCloned = true;
  if (value.writer === writer) value.writer = null;
  former.push(writer);
  if (former.length > formerMax) former.shift();
  ports.replicas.giveUp(writer.replica);
  const text = `another device changes "${name}" under the replica id ${writer.replica}: ${why}; a new id is used from now on`;
  ports.failed(new SyncError("CLONED_REPLICA", text));
};

/** What was written under an id of two devices, as a new change under an id of this one alone. */
const rebase = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  sent: SentDelta<State>,
): Change<State> => {
  const { type } = value;
  const { strippedTo } = sent.writer;
  if (strippedTo === null || !type.leq(strippedTo, sent.fence)) {
    value.state = withoutOwn(type, value.state, sent.writer, sent.fence);
    sent.writer.strippedTo = sent.fence;
  }
  const writer = writerIn(value);
  const delta = respell(type, sent, value.state, writer.replica);
  type.apply(value.state, delta);
  value.plain = null;
  value.news ??= "remote";
  return { writer, delta };
};

const whenRefused = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  payload: Uint8Array,
  error: SyncError,
): void => {
  const sent = value.sentByPayload.get(payload);
  if (sent === undefined) return value.ports.failed(error);
  if (error.code === "CLONED_REPLICA") {
    if (!sent.writer.isCloned) giveUp(value, sent.writer, error.message);
    const one = rebase(value, sent);
    submit(value, one, sizeOf(value, one.delta));
    return tell(value);
  }
  const { writer, delta } = sent;
  const changes = [...(value.heldBack?.changes ?? []), { writer, delta }];
  value.heldBack = { changes, error, refusedBytes: payload.length };
  joinHeldBack(value);
  value.ports.failed(error);
  value.ports.heldBackChanged(value.face);
};

const retry = <State, Value, M extends object>(value: Opened<State, Value, M>): void => {
  const { heldBack, ports, gathering } = value;
  if (heldBack === null) return;
  value.heldBack = null;
  for (const one of heldBack.changes) ports.edited(gathering, one, sizeOf(value, one.delta));
  ports.heldBackChanged(value.face);
};

const subscribe = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  listener: (change: ValueChange<Value>) => void,
): (() => void) => {
  // One of its own, so that a function that was given twice is called twice, and each end ends one.
  const own = (told: ValueChange<Value>): void => {
    listener(told);
  };
  value.told ??= { value: plainOf(value) };
  value.listeners.add(own);
  return () => {
    value.listeners.delete(own);
    if (value.listeners.size === 0) value.told = null;
  };
};

const tell = <State, Value, M extends object>(value: Opened<State, Value, M>): void => {
  if (value.isTelling) return;
  value.isTelling = true;
  for (let origin = value.news; origin !== null; origin = value.news) {
    value.news = null;
    if (value.told === null) continue;
    const before = value.told.value;
    const told = { value: plainOf(value), before, origin };
    value.told = told;
    if (Object.is(told.value, before)) continue;
    for (const listener of Array.from(value.listeners)) {
      fenced(() => {
        listener(told);
      });
    }
  }
  value.isTelling = false;
};
