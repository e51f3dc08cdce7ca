/** A counter that never goes below zero, although nobody asks anybody before taking from it: rights are dealt out beforehand. */
import {
  readIncarnation,
  readShortUint,
  refuse,
  writeByte,
  writeIncarnation,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import { type Chain, chainMap, type ChainMap } from "./chain-map.ts";
import type { Crdt, ReplicaId } from "./crdt.ts";
import { CrdtError } from "./crdt-error.ts";
import {
  addIntegers,
  amountOf,
  compareIntegers,
  type Integer,
  readNatural,
  subtractIntegers,
  writeNatural,
} from "./integer.ts";

/**
 * What one replica has done in all: made rights (`to` is itself), given some to another (`to` is that one), or used some (`to` is null).
 */
export interface Rights {
  readonly replica: ReplicaId;
  readonly to: ReplicaId | null;
  readonly amount: Integer;
}

/** The state of a bounded counter. */
export type RightsTable = ChainMap<Rights>;

/** Does something with an amount of rights, 1 if none is given. */
export type UseRights = (state: RightsTable, replica: ReplicaId, amount?: Integer) => RightsTable;

/** The type of `boundedCounter`. */
export type BoundedCounter = Crdt<
  RightsTable,
  Integer,
  {
    /** Adds to the counter, and makes as many rights for this replica. */
    readonly increment: UseRights;
    /** Takes from the counter, and uses as many of this replica's rights. Throws a `CrdtError` `NO_RIGHTS` if it has not enough. */
    readonly decrement: UseRights;
    /** Gives rights to another replica. Throws a `CrdtError` `NO_RIGHTS` if this one has not enough. */
    readonly transfer: (
      state: RightsTable,
      replica: ReplicaId,
      to: ReplicaId,
      amount?: Integer,
    ) => RightsTable;
  }
>;

const chain: Chain<Rights> = {
  keyOf: ({ replica, to }) => keyOfRights(replica, to),
  compareKeys: (left, right) => {
    const [leftKey, rightKey] = [
      keyOfRights(left.replica, left.to),
      keyOfRights(right.replica, right.to),
    ];
    return leftKey === rightKey ? 0 : leftKey < rightKey ? -1 : 1;
  },
  compare: (left, right) => compareIntegers(left.amount, right.amount),
  write: (encoder, { replica, to, amount }) => {
    writeByte(encoder, to === null ? 0 : to === replica ? 1 : 2);
    writeIncarnation(encoder, replica);
    if (to !== null && to !== replica) writeIncarnation(encoder, to);
    writeNatural(encoder, amount);
  },
  read: (decoder) => readRights(decoder),
  replicaOf: ({ replica }) => replica,
};

/**
 * A counter with escrow (Balegas et al. 2015): zero is its bound, and it holds at every replica, in every order of messages.
 *
 * Each unit in the counter is a right to take one, and belongs to one replica: to who added it, then to whom it was given. A replica takes only from
 * its own rights; when they are gone it must be given some, though others may have plenty. For another bound, count from there.
 * Adding and taking are linear in the entries of this replica's table; each delta is at most about 20 bytes.
 *
 * It cannot be folded: rights of a lost replica are lost, since nobody can know how many it has used. Give them away before a replica is retired.
 */
export const boundedCounter: BoundedCounter = chainMap("bounded-counter", chain, {
  value: (state) => {
    let value: Integer = 0;
    for (const { replica, to, amount } of state.values()) {
      if (to === null) value = subtractIntegers(value, amount);
      else if (to === replica) value = addIntegers(value, amount);
    }
    return value;
  },
  mutators: {
    increment: (state, replica, amount = 1) => raise(state, replica, replica, amountOf(amount)),
    decrement: (state, replica, amount = 1) =>
      raise(state, replica, null, within(state, replica, amount)),
    transfer: (state, replica, to, amount = 1) =>
      to === replica ? new Map() : raise(state, replica, to, within(state, replica, amount)),
  },
});

/** How much the replica may take or give away: what it made and was given, without what it gave and used. Linear in the state. */
export const rightsOf = (state: RightsTable, replica: ReplicaId): Integer => {
  let rights: Integer = 0;
  for (const entry of state.values()) {
    const isFrom = entry.replica === replica;
    const isTo = entry.to === replica;
    if (isTo) rights = addIntegers(rights, entry.amount);
    else if (isFrom) rights = subtractIntegers(rights, entry.amount);
  }
  return rights;
};

const within = (state: RightsTable, replica: ReplicaId, amount: Integer): Integer => {
  const wanted = amountOf(amount);
  const rights = rightsOf(state, replica);
  if (rights < wanted) {
    throw new CrdtError("NO_RIGHTS", `${replica} has rights to ${rights}, not to ${wanted}`);
  }
  return wanted;
};

const raise = (
  state: RightsTable,
  replica: ReplicaId,
  to: ReplicaId | null,
  amount: Integer,
): RightsTable => {
  if (amount === 0) return new Map();
  const key = keyOfRights(replica, to);
  const total = addIntegers(state.get(key)?.amount ?? 0, amount);
  return new Map([[key, { replica, to, amount: total }]]);
};

const keyOfRights = (replica: ReplicaId, to: ReplicaId | null): string => replica + (to ?? "");

const readRights = (decoder: Decoder): Rights => {
  const kind = readShortUint(decoder);
  if (kind > 2) refuse();
  const replica = readIncarnation(decoder);
  const to = kind === 0 ? null : kind === 1 ? replica : readIncarnation(decoder);
  const amount = readNatural(decoder);
  if (amount === 0 || (kind === 2 && to === replica)) refuse();
  return { replica, to, amount };
};
