/** One value of a space that is open here: its state, who changes it, and who is told. */
import {
  type Bound,
  type Crdt,
  CrdtError,
  decodePayload,
  emptyValue,
  encodeValue,
  epochsAdmitted,
  fencesIn,
  noteHead,
  type ReplicaId,
} from "@syncline/crdt";
import { SyncError } from "@syncline/machine";
import { fenced } from "./events.ts";
import { isForgotten, raised, spellAnew } from "./raising.ts";
import { respell, withoutOwn } from "./rebasing.ts";
import { createRetiring, replicasOf } from "./retiring.ts";
import type { Change, Opened, OpenValue, ValuePorts } from "./value-parts.ts";
import { giveUp, rememberFormer, takeIn } from "./value-receiving.ts";
import type { SpaceValue, ValueChange } from "./value.ts";
import { chooseWriter, type SentDelta, writeDelta, type Writer } from "./value-writer.ts";
import type { WaitOptions } from "./waiting.ts";

/** What stands around a delta in a payload, at most. */
const headBytesMax = 32;
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
  const joined = emptyValue(type);
  const value: Opened<State, Value, M> = {
    name,
    type,
    ports: { ...ports, place: `${ports.space}\n${name}` },
    face: faceOf(() => value, name, type),
    joined,
    retiring: createRetiring(type, {
      value: joined,
      isSynced: ports.isSynced,
      ask: (payload) => {
        receive(value, [payload]);
        ports.send(value.face, payload);
      },
    }),
    listeners: new Set(),
    sentByPayload: new WeakMap(),
    gathering: {
      document: name,
      type: type.name,
      payloadsOf: (changes) => payloadsOf(value, changes),
    },
    plain: null,
    told: null,
    news: null,
    isTelling: false,
    writer: null,
    former: [],
    outdated: [],
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
  receive: (payloads) => {
    receive(valueOf(), payloads);
  },
  tell: () => {
    tell(valueOf());
  },
  leave: () => {
    leave(valueOf());
  },
  joined: () => {
    const { joined } = valueOf();
    if (type.isBottom(joined.state)) return null;
    // What is proposed is a home's to say.
    const folds = new Map([...joined.folds].filter(([epoch]) => epoch <= joined.epoch));
    return encodeValue(type, { ...joined, folds });
  },
  refused: (payload, error, resent) => {
    whenRefused(valueOf(), payload, error, resent);
  },
  ended: (error) => {
    valueOf().retiring.ended(error);
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
      return valueOf().joined.state;
    },
    get replica() {
      return writerIn(valueOf()).replica;
    },
    replicas: () => replicasOf(type, valueOf().joined, writerIn(valueOf()).replica),
    retire: async (replica: ReplicaId | readonly ReplicaId[], options: WaitOptions = {}) => {
      valueOf().ports.requireOpen();
      await valueOf().retiring.retire(typeof replica === "string" ? [replica] : replica, options);
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
  value.plain ??= { value: value.type.value(value.joined.state) };
  return value.plain.value;
};

/** The writer of the next change; another one than before if its id turned out to be another device's. */
const writerIn = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
): Writer<State> => {
  const { writer, ports, type, joined } = value;
  if (writer !== null && ports.replicas.isCurrent(writer.replica)) return writer;
  if (writer !== null) rememberFormer(value, writer);
  value.writer = chooseWriter(type, joined.state, joined.heads, ports);
  return value.writer;
};

const change = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  mutator: Mutator<State>,
  args: readonly unknown[],
): void => {
  const { type, ports, joined } = value;
  const { state, epoch } = joined;
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
  if (ports.waits(value.face)) return void value.transacted.push({ writer, delta, epoch });
  submit(value, { writer, delta, epoch }, byteCount);
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

/** Neighbours of one writer and epoch as one. */
const joinedOf = <State, Value, M extends object>(
  { type }: Opened<State, Value, M>,
  changes: readonly Change<State>[],
): Change<State>[] => {
  const joined: Change<State>[] = [];
  for (const { writer, delta, epoch } of changes) {
    const last = joined.at(-1);
    if (last?.writer === writer && last.epoch === epoch) type.apply(last.delta, delta);
    else joined.push({ writer, delta: type.join(delta, type.bottom()), epoch });
  }
  return joined;
};

/** A change of before others' entries were folded as one of after that. If the folds are forgotten, it is not in the state, either. */
const upToDate = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  sent: SentDelta<State>,
): Change<State> => {
  const { type, joined } = value;
  const known = raised(type, joined, sent);
  if (known !== null) return known;
  const writer = isForgotten(type, joined, sent) ? otherWriter(value, sent.writer) : sent.writer;
  const delta = spellAnew(type, joined, sent, writer.replica);
  type.apply(joined.state, delta);
  value.plain = null;
  value.news ??= "remote";
  return { writer, delta, epoch: joined.epoch };
};

const otherWriter = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  { replica }: Writer<State>,
): Writer<State> => {
  if (value.ports.replicas.isCurrent(replica)) value.ports.replicas.giveUp(replica);
  return writerIn(value);
};

const payloadsOf = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  changes: readonly Change<State>[],
): readonly Uint8Array[] => {
  const ready = changes.map((one) => upToDate(value, { ...one, fence: one.writer.part }));
  const joined = joinedOf(value, ready);
  const isOne = joined.every(({ delta }) => sizeOf(value, delta) <= value.ports.batchBytesMax);
  return (isOne ? joined : ready).map((one) => {
    const good = underGoodId(value, one);
    const { writer } = good;
    const { payload, sent } = writeDelta(value.type, writer, good, value.ports);
    noteHead(value.joined.heads, writer.replica, writer.origin);
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
  all: readonly Uint8Array[],
): void => {
  const performed = takeIn(value, all);
  if (performed === null) return;
  offerOutdated(value);
  value.retiring.moved(performed);
};

/** What was written under an id of two devices, as a new change under an id of this one alone. */
const rebase = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  made: SentDelta<State>,
): Change<State> => {
  const { type, joined } = value;
  const sent = raised(type, joined, made) ?? made;
  const { strippedTo } = sent.writer;
  if (strippedTo === null || !type.leq(strippedTo, sent.fence)) {
    joined.state = withoutOwn(type, joined.state, sent.writer, sent.fence);
    sent.writer.strippedTo = sent.fence;
  }
  const writer = writerIn(value);
  const delta = respell(type, sent, joined.state, writer.replica);
  type.apply(joined.state, delta);
  value.plain = null;
  value.news ??= "remote";
  return { writer, delta, epoch: joined.epoch };
};

const whenRefused = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  payload: Uint8Array,
  error: SyncError,
  resent: () => void,
): void => {
  if (error.code === "BELOW_FENCE") return whenOutdated(value, payload, resent);
  const sent = value.sentByPayload.get(payload);
  if (sent === undefined) {
    if (fencesIn(payload)?.isAsking === true) value.retiring.ended(error);
    return value.ports.failed(error);
  }
  if (error.code === "CLONED_REPLICA") {
    if (!sent.writer.isCloned) giveUp(value, sent.writer, error.message);
    const one = rebase(value, sent);
    submit(value, one, sizeOf(value, one.delta));
    resent();
    return tell(value);
  }
  const { writer, delta, epoch } = sent;
  const changes = [...(value.heldBack?.changes ?? []), { writer, delta, epoch }];
  value.heldBack = { changes, error, refusedBytes: payload.length };
  joinHeldBack(value);
  value.ports.failed(error);
  value.ports.heldBackChanged(value.face);
};

/** More replicas were folded than a home looks back: it is offered again as soon as these folds are known here. */
const whenOutdated = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  bytes: Uint8Array,
  resent: () => void,
): void => {
  const { type, sentByPayload, outdated, retiring, joined } = value;
  const known = sentByPayload.get(bytes);
  const read = known === undefined ? decodePayload(type, bytes) : null;
  if (read !== null && fencesIn(bytes)?.isAsking === true) retiring.outdated();
  if (read !== null && joined.epoch > read.fences.epoch + epochsAdmitted) retiring.moved([]);
  const { state: delta, fences } = read ?? { state: type.bottom(), fences: { epoch: 0 } };
  const fence = type.bottom();
  const sent = known ?? { writer: writerIn(value), delta, fence, epoch: fences.epoch };
  outdated.push({ sent, resent });
  offerOutdated(value);
  tell(value);
};

const offerOutdated = <State, Value, M extends object>(value: Opened<State, Value, M>): void => {
  const { outdated, joined } = value;
  value.outdated = [];
  for (const one of outdated) {
    if (joined.epoch <= one.sent.epoch + epochsAdmitted) {
      value.outdated.push(one);
      continue;
    }
    const change = upToDate(value, one.sent);
    if (!value.type.isBottom(change.delta)) submit(value, change, sizeOf(value, change.delta));
    one.resent();
  }
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
