/** What all counters are: for each replica some totals that only that replica raises. */
import {
  readIncarnation,
  readShortUint,
  refuse,
  writeIncarnation,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Chain, ChainMap } from "./chain-map.ts";
import type { ReplicaId } from "./crdt.ts";
import {
  addIntegers,
  amountOf,
  compareIntegers,
  type Integer,
  readNatural,
  subtractIntegers,
  writeNatural,
} from "./integer.ts";

/** One total of a replica. */
export interface Total {
  readonly replica: ReplicaId;
  /** Which of the replica's totals: a place among the type's columns. */
  readonly column: number;
  readonly amount: Integer;
}

/** The state of a counter: totals by replica and column, none of them 0. */
export type Totals = ChainMap<Total>;

/** The chain of totals with this many columns. */
export const totalsChain = (columnCount: number): Chain<Total> => ({
  keyOf: ({ replica, column }) => keyOfTotal(replica, column),
  compareKeys: (left, right) =>
    left.replica === right.replica
      ? left.column - right.column
      : left.replica < right.replica
        ? -1
        : 1,
  compare: (left, right) => compareIntegers(left.amount, right.amount),
  write: (encoder, total, previous) => {
    const isSame = total.replica === previous?.replica;
    writeUint(encoder, total.column * 2 + (isSame ? 1 : 0));
    if (!isSame) writeIncarnation(encoder, total.replica);
    writeNatural(encoder, total.amount);
  },
  read: (decoder, previous) => readTotal(decoder, previous, columnCount),
  replicaOf: ({ replica }) => replica,
  folding: "totals",
});

/** The amount of one total; 0 if there is none. */
export const totalOf = (state: Totals, replica: ReplicaId, column: number): Integer =>
  state.get(keyOfTotal(replica, column))?.amount ?? 0;

/** A delta that raises one total of a replica by an amount; bottom if that is 0. */
export const raiseTotal = (
  state: Totals,
  replica: ReplicaId,
  column: number,
  amount: Integer,
): Totals =>
  amount === 0
    ? new Map()
    : new Map([
        [
          keyOfTotal(replica, column),
          { replica, column, amount: addIntegers(totalOf(state, replica, column), amount) },
        ],
      ]);

/** The sum of all totals, each taken as often as its column's sign says. */
export const sumOf = (state: Totals, signs: readonly (1 | -1)[]): Integer => {
  let sum: Integer = 0;
  for (const { column, amount } of state.values()) {
    sum = signs[column] === 1 ? addIntegers(sum, amount) : subtractIntegers(sum, amount);
  }
  return sum;
};

/** Raises a counter by an amount, 1 if none is given. Throws a `RangeError` for one that is negative or not whole. */
export type Count = (state: Totals, replica: ReplicaId, amount?: Integer) => Totals;

/** The mutator that raises the total in this column. */
export const countIn =
  (column: number): Count =>
  (state, replica, amount = 1) =>
    raiseTotal(state, replica, column, amountOf(amount));

const keyOfTotal = (replica: ReplicaId, column: number): string =>
  column === 0 ? replica : replica + column;

const readTotal = (decoder: Decoder, previous: Total | null, columnCount: number): Total => {
  const head = readShortUint(decoder);
  const column = Math.floor(head / 2);
  const isSame = head % 2 === 1;
  const replica = isSame ? previous?.replica : readIncarnation(decoder);
  const amount = readNatural(decoder);
  const isSpelledTwice = !isSame && replica === previous?.replica;
  if (replica === undefined || isSpelledTwice || column >= columnCount || amount === 0) {
    refuse();
  }
  return { replica, column, amount };
};
