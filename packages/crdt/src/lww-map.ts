/** A map in which the last writer of each key wins. */
import type { HybridTime } from "@syncline/clocks";
import { chainMap } from "./chain-map.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { keyTextOf } from "./key-text.ts";
import { latestWriteTime, writeChain, type Writes, writeTo } from "./writes.ts";

/** The type of `lwwMap`. */
export type LWWMap = Crdt<
  Writes,
  ReadonlyMap<string, Plain>,
  {
    readonly set: (
      state: Writes,
      replica: ReplicaId,
      key: string,
      value: Plain,
      time: HybridTime,
    ) => Writes;
    readonly delete: (state: Writes, replica: ReplicaId, key: string, time: HybridTime) => Writes;
  }
>;

/**
 * A map with a last-writer-wins register at each key. A deletion is a write like any other, and stays in the state as one.
 *
 * Setting and deleting cost a constant; a delta is about 20 bytes, the key and the value. Encoding sorts the keys.
 */
export const lwwMap: LWWMap = chainMap("lww-map", writeChain(true), {
  value: (state) => {
    const values = new Map<string, Plain>();
    for (const { key, value } of state.values()) if (value !== undefined) values.set(key, value);
    return values;
  },
  latestTime: latestWriteTime,
  mutators: {
    set: (state, replica, key: string, value: Plain, time: HybridTime) =>
      writeTo(state, { key: keyTextOf(key), replica, value: plainOf(value), time }),
    delete: (state, replica, key: string, time: HybridTime) =>
      writeTo(state, { key: keyTextOf(key), replica, value: undefined, time }),
  },
});

/** The value at a key of a last-writer-wins map; undefined if there is none. Constant time. */
export const lastWritten = (state: Writes, key: string): Plain | undefined => state.get(key)?.value;
