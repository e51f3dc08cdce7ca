/** Takes in what others wrote: it is read, compared with what was written here under the same id, and joined, also over folds of retired replicas. */
import {
  CrdtError,
  decodePayload,
  emptyValue,
  type Fold,
  joinInto,
  type Joining,
  type ValuePayload,
} from "@syncline/crdt";
import { SyncError } from "@syncline/machine";
import type { Opened } from "./value-parts.ts";
import { isFromClone, noteHeard, type Writer } from "./value-writer.ts";

/** Ids that were given up and are remembered. */
const formerMax = 4;

/** Takes in payloads that came together. Returns the folds that were performed, or null if there was nothing that can be read. */
export const takeIn = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  all: readonly Uint8Array[],
): readonly Fold<State>[] | null => {
  const payloads = all.flatMap((bytes) => readable(value, bytes) ?? []);
  if (payloads.length === 0) return null;
  const { isChanged, performed } = join(value, payloads);
  if (isChanged) {
    value.plain = null;
    value.news = "remote";
  }
  const { writer } = value;
  if (writer !== null && performed.some(({ retired }) => retired === writer.replica)) {
    tellRetired(value, writer);
  }
  return performed;
};

/** A payload that can be taken in now, or null. */
const readable = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  bytes: Uint8Array,
): ValuePayload<State> | null => {
  const { type, ports, name } = value;
  const payload = decodePayload(type, bytes);
  if (payload === null) {
    const text = `a batch of the value "${name}" is none of type ${type.name}`;
    ports.failed(new SyncError("BAD_PAYLOAD", text));
    return null;
  }
  const aheadMs = ports.clock.see(type.latestTime(payload.state));
  if (aheadMs > 0) {
    ports.early(value.face, bytes, aheadMs);
    return null;
  }
  const writers = value.writer === null ? value.former : [...value.former, value.writer];
  for (const writer of Array.from(writers)) {
    const isForeign = isFromClone(writer, payload.heads);
    noteHeard(type, writer, payload.state, isForeign);
    if (isForeign && !writer.isCloned) giveUp(value, writer, "something came under it");
  }
  return payload;
};

const join = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  payloads: readonly ValuePayload<State>[],
): Joining<State> => {
  const { type, ports, joined } = value;
  const failed = (cause: CrdtError): void => {
    ports.failed(new SyncError(cause.code, cause.message, { cause }));
  };
  try {
    return joinInto(type, joined, payloads, failed);
  } catch (cause) {
    if (!(cause instanceof CrdtError)) throw cause;
    if (cause.code === "ABOVE_FENCE" && payloads.some(({ sent }) => sent === null)) {
      return replace(value, payloads);
    }
    const [only, other] = payloads;
    if (only !== undefined && other === undefined) failed(cause);
    if (other === undefined) return { isChanged: false, performed: [] };
    const joinings = payloads.map((payload) => join(value, [payload]));
    return {
      isChanged: joinings.some(({ isChanged }) => isChanged),
      performed: joinings.flatMap(({ performed }) => performed),
    };
  }
};

/**
 * Takes what a home has in the place of what is here, when this client was away for longer than folds are remembered. What is not at a home yet is refused by
 * it, and then spelled anew.
 */
const replace = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  payloads: readonly ValuePayload<State>[],
): Joining<State> => {
  const { type, joined, writer } = value;
  const blank = emptyValue(type);
  joinInto(type, blank, payloads);
  joined.state = blank.state;
  joined.epoch = blank.epoch;
  for (const name of ["heads", "folds", "wanted"] as const) {
    joined[name].clear();
    for (const [key, item] of blank[name]) joined[name].set(key as never, item as never);
  }
  const isKnown = writer === null || type.isBottom(writer.part) || blank.heads.has(writer.replica);
  if (!isKnown && writer !== null) tellRetired(value, writer);
  return { isChanged: true, performed: [...blank.folds.values()] };
};

/** Takes a new id, since this one was retired while it was in use. What was made under it, and not sent yet, still counts. */
const tellRetired = <State, Value, M extends object>(
  { ports, name }: Opened<State, Value, M>,
  { replica }: Writer<State>,
): void => {
  ports.replicas.giveUp(replica);
  const text = `the replica id ${replica} was retired in "${name}"; a new one is used from now on`;
  ports.failed(new SyncError("RETIRED", text));
};

/** Writes under another id from now on. */
export const giveUp = <State, Value, M extends object>(
  value: Opened<State, Value, M>,
  writer: Writer<State>,
  why: string,
): void => {
  const { ports, name } = value;
  writer.isCloned = true;
  if (value.writer === writer) value.writer = null;
  rememberFormer(value, writer);
  ports.replicas.giveUp(writer.replica);
  const text = `another device changes "${name}" under the replica id ${writer.replica}: ${why}; a new id is used from now on`;
  ports.failed(new SyncError("CLONED_REPLICA", text));
};

/** Remembers an id that was given up: something of it may still be refused. */
export const rememberFormer = <State, Value, M extends object>(
  { former }: Opened<State, Value, M>,
  writer: Writer<State>,
): void => {
  former.push(writer);
  if (former.length > formerMax) former.shift();
};
