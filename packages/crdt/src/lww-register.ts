/** A register in which the last writer wins, and the earlier write is lost without a trace. */
import type { HybridTime } from "@syncline/clocks";
import { chainMap } from "./chain-map.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import { type LastWriterShape, lastWriterShape } from "./last-writer-shape.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { latestWriteTime, writeChain, type Writes, writeTo } from "./writes.ts";

/** The type of `lwwRegister`. */
export type LWWRegister = Crdt<
  Writes,
  Plain,
  {
    readonly set: (state: Writes, replica: ReplicaId, value: Plain, time: HybridTime) => Writes;
  }
> & { readonly shape: LastWriterShape };

/**
 * A register that keeps the write with the latest time (Shapiro et al. 2011, §3.2.1; Johnson and Thomas 1975).
 *
 * Of two concurrent writes one is lost, and which one is for the clocks to say: take `mvRegister` where that is not acceptable. The time comes from a
 * hybrid clock; a write is always after the one that it overwrites, even if the clock is behind. Null before the first write. A delta is about 20
 * bytes and the value. Embedded in a map or record it is that of `last-writer-shape.ts`.
 */
export const lwwRegister: LWWRegister = {
  ...chainMap("lww-register", writeChain(false), {
    value: (state): Plain => state.get("")?.value ?? null,
    latestTime: latestWriteTime,
    mutators: {
      set: (state, replica, value: Plain, time: HybridTime) =>
        writeTo(state, { key: "", replica, value: plainOf(value), time }),
    },
  }),
  shape: lastWriterShape,
};
