/** A last-writer-wins register as a part of a map or record, where it goes with the key. */
import { compareTimes, type HybridTime, readTime, timeAfter, writeTime } from "@syncline/clocks";
import type { Fact } from "./dot-store.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { readValue, writePlain } from "./plain-encoding.ts";
import { comparePlain, isSamePlain } from "./plain-order.ts";
import { coverAll, type Cursor, type Leaf, leaf, type Shape } from "./shape.ts";

/** A value and when it was written. */
export interface TimedValue {
  readonly time: HybridTime;
  readonly value: Plain;
}

type At = Cursor<TimedValue, Leaf<TimedValue>>;

/** The mutators of an embedded register. */
export interface LastWriterShapeMutators {
  readonly set: (at: At, value: Plain, time: HybridTime) => void;
}

/** The type of `lastWriterShape`. */
export type LastWriterShape = Shape<TimedValue, Leaf<TimedValue>, Plain, LastWriterShapeMutators>;

/**
 * A write overwrites all that it has seen; of those that are left, concurrent ones, the latest is the value: by time, replica, value.
 *
 * Unlike with one write for each key and no dots, a removal of the key leaves nothing behind.
 */
export const lastWriterShape: LastWriterShape = {
  ...leaf<TimedValue>(),
  name: "lww-register",
  isSame: (left, right) =>
    compareTimes(left.time, right.time) === 0 && isSamePlain(left.value, right.value),
  value: (node) => lastOf(node)?.value ?? null,
  write: (encoder, { time, value }) => {
    writeTime(encoder, time);
    writePlain(encoder, value);
  },
  read: (decoder) => {
    const time = readTime(decoder);
    return { time, value: readValue(decoder) };
  },
  timeOf: ({ time }) => time,
  mutators: {
    set: (at, value, time) => {
      const write = { time: timeAfter(lastOf(at.node)?.time, time), value: plainOf(value) };
      coverAll(at.node.keys(), at);
      at.put(write);
    },
  },
};

const lastOf = (node: Leaf<TimedValue>): TimedValue | undefined => {
  let [last] = node;
  for (const write of node) if (last !== undefined && isLater(write, last)) last = write;
  return last?.[1];
};

type Written = readonly [Fact<unknown>, TimedValue];

const isLater = ([leftFact, left]: Written, [rightFact, right]: Written): boolean => {
  const order = compareTimes(left.time, right.time);
  if (order !== 0) return order > 0;
  if (leftFact.replica !== rightFact.replica) return leftFact.replica > rightFact.replica;
  return comparePlain(left.value, right.value) > 0;
};
