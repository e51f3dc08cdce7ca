/** Registers that keep the greatest or the least of all values that anybody put in. */
import { chainMap, type ChainMap } from "./chain-map.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import type { Plain } from "./plain.ts";
import { plainOf } from "./plain-check.ts";
import { readValue, writePlain } from "./plain-encoding.ts";
import { comparePlain } from "./plain-order.ts";

/** The state of a max or min register: nothing, or one value. */
export type Extreme = ChainMap<{ readonly value: Plain }>;

/** The type of `maxRegister` and `minRegister`. */
export type ExtremeRegister = Crdt<
  Extreme,
  Plain,
  {
    /** Puts a value in; bottom if it makes no difference. Throws a `RangeError` for NaN, which is neither more nor less than anything. */
    readonly put: (state: Extreme, replica: ReplicaId, value: Plain) => Extreme;
  }
>;

const extremeRegister = (name: string, sign: 1 | -1): ExtremeRegister =>
  chainMap(
    name,
    {
      keyOf: () => null,
      compareKeys: () => 0,
      compare: (left, right) => sign * comparePlain(left.value, right.value),
      write: (encoder, { value }) => writePlain(encoder, value),
      read: (decoder) => ({ value: withoutNaN(readValue(decoder)) }),
    },
    {
      value: (state) => state.get(null)?.value ?? null,
      mutators: {
        put: (state, _replica, value: Plain) => {
          const plain = withoutNaN(plainOf(value));
          const known = state.get(null);
          const isNews = known === undefined || sign * comparePlain(plain, known.value) > 0;
          return isNews ? new Map([[null, { value: plain }]]) : new Map();
        },
      },
    },
  );

/**
 * The greatest value that was put in: a high-water mark, a version reached. Null before the first.
 *
 * Values are ordered as `comparePlain` says: numbers by size, text by UTF-16 unit; of different kinds, the kind decides. Constant time, and the
 * state is the value. (A chain as a lattice: Almeida et al. 2018, Appendix B.)
 */
export const maxRegister: ExtremeRegister = /* @__PURE__ */ extremeRegister("max-register", 1);

/** The least value that was put in: an earliest date, a lowest bid. Otherwise as `maxRegister`. */
export const minRegister: ExtremeRegister = /* @__PURE__ */ extremeRegister("min-register", -1);

const withoutNaN = (value: Plain): Plain => {
  if (Number.isNaN(value)) throw new RangeError("NaN has no place in an order");
  return value;
};
