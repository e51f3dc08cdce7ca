/** Concurrent versions of one value, with the causality between them, in the space of a version vector: dotted version vector sets. */
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { bytesLeft, readShortUint, writeUint } from "./bytes.ts";
import { readIncarnation, writeIncarnation } from "./encoding.ts";
import { type Incarnation, INCARNATION_BYTES } from "./incarnation.ts";
import type { MutableVersionVector, VersionVector } from "./version-vector.ts";

/** What is known of one replica's writes: how many there were, and the values of the last of them that nothing has overwritten, newest first. */
export interface DottedEntry<Value> {
  readonly number: number;
  readonly values: readonly Value[];
}

/**
 * The siblings of one key. The value at index `i` of a replica's entry has the dot `number - i`.
 *
 * A plain version vector per value cannot say "the third write of a, but not the second"; the dot can, so two clients that write through one
 * server at once give two siblings, and not a false conflict for ever or a lost write. (Preguiça et al. 2010; as sets: Almeida et al. 2014, §5.)
 */
export type DottedVersionVector<Value> = ReadonlyMap<Incarnation, DottedEntry<Value>>;

/** What a reader has seen, to hand back with a write that replaces it. */
export const contextOfVersions = <Value>(
  versions: DottedVersionVector<Value>,
): MutableVersionVector => {
  const context: MutableVersionVector = new Map();
  for (const [replica, { number }] of versions) context.set(replica, number);
  return context;
};

/** All siblings, by replica ascending, and of one replica the newest first. */
export const versionsOf = <Value>(versions: DottedVersionVector<Value>): readonly Value[] =>
  [...versions]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, { values }]) => values);

/** The versions after a write at `replica` by somebody who had seen `context`: what they had seen is replaced, what they had not stays beside it. */
export const writeVersion = <Value>(
  versions: DottedVersionVector<Value>,
  write: {
    readonly replica: Incarnation;
    readonly context: VersionVector;
    readonly value: Value;
  },
): DottedVersionVector<Value> => {
  const next = new Map(discard(versions, write.context));
  const { number, values } = next.get(write.replica) ?? { number: 0, values: [] };
  next.set(write.replica, { number: number + 1, values: [write.value, ...values] });
  return next;
};

/** Everything that either knows, without what the other knows to be overwritten: the join. */
export const joinVersions = <Value>(
  left: DottedVersionVector<Value>,
  right: DottedVersionVector<Value>,
): DottedVersionVector<Value> => {
  const joined = new Map(left);
  for (const [replica, entry] of right) {
    const known = joined.get(replica);
    joined.set(replica, known === undefined ? entry : joinEntries(known, entry));
  }
  return joined;
};

/** Writes `varUint count, (replica, varUint number, varUint count, value*)*`, by replica ascending. */
export const writeVersions = <Value>(
  encoder: Encoder,
  versions: DottedVersionVector<Value>,
  writeValue: (encoder: Encoder, value: Value) => void,
): void => {
  const entries = [...versions].sort(([left], [right]) => (left < right ? -1 : 1));
  writeUint(encoder, entries.length);
  for (const [replica, { number, values }] of entries) {
    writeIncarnation(encoder, replica);
    writeUint(encoder, number);
    writeUint(encoder, values.length);
    for (const value of values) writeValue(encoder, value);
  }
};

/** Reads what `writeVersions` wrote; throws a `RangeError` for anything else. Values take at least a byte each, so counts are bounded by the bytes. */
export const readVersions = <Value>(
  decoder: Decoder,
  readValue: (decoder: Decoder) => Value,
): DottedVersionVector<Value> => {
  const count = readShortUint(decoder);
  if (count > bytesLeft(decoder) / (INCARNATION_BYTES + 2)) throw new RangeError("a count too big");
  const versions = new Map<Incarnation, DottedEntry<Value>>();
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const replica = readIncarnation(decoder);
    const number = readShortUint(decoder);
    const valueCount = readShortUint(decoder);
    const isOrdered = replica > previous && number > 0 && valueCount <= number;
    if (!isOrdered || valueCount > bytesLeft(decoder)) throw new RangeError("not canonical");
    const values: Value[] = [];
    while (values.length < valueCount) values.push(readValue(decoder));
    versions.set(replica, { number, values });
    previous = replica;
  }
  return versions;
};

const discard = <Value>(
  versions: DottedVersionVector<Value>,
  context: VersionVector,
): DottedVersionVector<Value> => {
  const rest = new Map<Incarnation, DottedEntry<Value>>();
  for (const [replica, { number, values }] of versions) {
    const unseen = Math.max(0, number - (context.get(replica) ?? 0));
    rest.set(replica, { number, values: values.slice(0, unseen) });
  }
  // What the writer has seen and this server has not stays known: its values are overwritten already.
  for (const [replica, number] of context) {
    if ((rest.get(replica)?.number ?? 0) < number) rest.set(replica, { number, values: [] });
  }
  return rest;
};

/** A value survives if both have it, or if one has it and the other has not got that far. */
const joinEntries = <Value>(
  left: DottedEntry<Value>,
  right: DottedEntry<Value>,
): DottedEntry<Value> => {
  const [ahead, behind] = left.number >= right.number ? [left, right] : [right, left];
  const oldestBehind = behind.number - behind.values.length;
  const oldestAhead = ahead.number - ahead.values.length;
  const oldest = Math.max(oldestAhead, oldestBehind);
  return { number: ahead.number, values: ahead.values.slice(0, ahead.number - oldest) };
};
