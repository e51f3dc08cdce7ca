/** What last-writer-wins registers and maps have in common: a write for each key, and which of two is the last. */
import {
  compareTimes,
  type HybridTime,
  readByte,
  readIncarnation,
  readShortUint,
  refuse,
  startOfTime,
  timeAfter,
  writeByte,
  writeIncarnation,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import type { Chain, ChainMap } from "./chain-map.ts";
import type { ReplicaId } from "./crdt.ts";
import type { Plain } from "./plain.ts";
import { latestOf } from "./latest-time.ts";
import { readKeyText } from "./key-text.ts";
import { readValue, writePlain } from "./plain-encoding.ts";
import { writeText } from "./text-encoding.ts";
import { comparePlain } from "./plain-order.ts";

/** A write: when, by whom, and what; `undefined` says that the key was deleted. */
export interface Write {
  readonly key: string;
  readonly time: HybridTime;
  readonly replica: ReplicaId;
  readonly value: Plain | undefined;
}

/** The state of a last-writer-wins register or map: the last write of each key. */
export type Writes = ChainMap<Write>;

/** The chain of writes, with keys or of one register. */
export const writeChain = (hasKeys: boolean): Chain<Write> => ({
  keyOf: ({ key }) => key,
  compareKeys: (left, right) => (left.key === right.key ? 0 : left.key < right.key ? -1 : 1),
  compare: compareWrites,
  write: (encoder, { key, time, replica, value }, previous) => {
    const isSame = replica === previous?.replica;
    if (hasKeys) {
      writeText(encoder, key);
      writeByte(encoder, (value === undefined ? 0 : 1) + (isSame ? 2 : 0));
    }
    writeTimeAfter(encoder, time, previous?.time ?? startOfTime);
    if (!isSame) writeIncarnation(encoder, replica);
    if (value !== undefined) writePlain(encoder, value);
  },
  read: (decoder, previous) => {
    const key = hasKeys ? readKeyText(decoder) : "";
    const head = hasKeys ? readByte(decoder) : 1;
    const time = readTimeAfter(decoder, previous?.time ?? startOfTime);
    const replica = head > 1 ? previous?.replica : readIncarnation(decoder);
    const isSpelledTwice = head < 2 && replica === previous?.replica;
    if (replica === undefined || head > 3 || isSpelledTwice) {
      refuse();
    }
    return { key, time, replica, value: head % 2 === 1 ? readValue(decoder) : undefined };
  },
  replicaOf: ({ replica }) => replica,
});

/** The latest time of all writes. */
export const latestWriteTime = (state: Writes): HybridTime | null =>
  latestOf([...state.values()].map(({ time }) => time));

/** The total order of writes: time, then replica, then value, a deletion before all values. So equal stamps converge, whoever broke a rule. */
const compareWrites = (left: Write, right: Write): number => {
  const order = compareTimes(left.time, right.time);
  if (order !== 0) return order;
  if (left.replica !== right.replica) return left.replica < right.replica ? -1 : 1;
  if (left.value === undefined || right.value === undefined) {
    return Number(left.value !== undefined) - Number(right.value !== undefined);
  }
  return comparePlain(left.value, right.value);
};

/** A write that comes after the one it overwrites: a clock that is behind would else have its user write, and see nothing happen. */
export const writeTo = (state: Writes, write: Write): Writes =>
  new Map([[write.key, { ...write, time: timeAfter(state.get(write.key)?.time, write.time) }]]);

/** A time as twice what it is after another, or less one than twice what it is before that: times of one value lie close together. */
const writeTimeAfter = (
  encoder: Encoder,
  { timeMs, counter }: HybridTime,
  other: HybridTime,
): void => {
  const later = timeMs - other.timeMs;
  writeUint(encoder, later < 0 ? -later * 2 - 1 : later * 2);
  writeUint(encoder, counter);
};

/** Reads what `writeTimeAfter` wrote; throws a `RangeError` for what is no time. */
const readTimeAfter = (decoder: Decoder, other: HybridTime): HybridTime => {
  const coded = readShortUint(decoder);
  const later = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
  return timeAfter(undefined, { timeMs: other.timeMs + later, counter: readShortUint(decoder) });
};
