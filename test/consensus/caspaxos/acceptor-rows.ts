/** An acceptor's disk as a store lays it out: sealed rows of bytes under sorted keys, by the shipped codec of records. */
import type { AcceptorProtocol } from "@syncline/consensus/caspaxos";
import {
  acceptorHeadRange,
  headOfRow,
  rangeOfAcceptorQuery,
  registerOfRow,
  writeOfAcceptorRecord,
} from "@syncline/consensus/wire";
import type { Keeping } from "@syncline/simulator";
import { plainSeal } from "../../simulation/rows.ts";

interface Row {
  readonly key: Uint8Array;
  readonly sealed: Uint8Array;
}

const prefix = Uint8Array.of(9);

const orderOf = (left: Uint8Array, right: Uint8Array): number => {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    if (left[index] !== right[index]) return left[index]! - right[index]!;
  }
  return left.length - right.length;
};

/** Empty rows, or a copy of others, in the order of their keys. */
export const createAcceptorRows = (
  before: ReadonlyMap<string, Row> = new Map(),
): Keeping<AcceptorProtocol> => {
  const rows = new Map(before);
  const inOrder = (): Row[] =>
    [...rows.values()].sort((left, right) => orderOf(left.key, right.key));
  const open = ({ key, sealed }: Row): Uint8Array => {
    const value = plainSeal.unseal(key, sealed);
    if (value === null) throw new Error("a row is damaged");
    return value;
  };
  const within = ({ fromKey, toKey }: { fromKey: Uint8Array; toKey: Uint8Array }): Row[] =>
    inOrder().filter(({ key }) => orderOf(key, fromKey) >= 0 && orderOf(key, toKey) < 0);
  return {
    write: (records) => {
      for (const record of records) {
        const { key, value } = writeOfAcceptorRecord(prefix, record);
        if (value === null) rows.delete(String(key));
        else rows.set(String(key), { key, sealed: plainSeal.seal(key, value) });
      }
    },
    recover: () => within(acceptorHeadRange(prefix)).map((row) => headOfRow(open(row))),
    read: (query) => {
      const found = within(rangeOfAcceptorQuery(prefix, query));
      const page = query.kind === "register" ? found.slice(0, 1) : found.slice(0, 2);
      return page.map((row) => registerOfRow(prefix, query, { key: row.key, value: open(row) }));
    },
    copy: () => createAcceptorRows(rows),
    damage: (fraction) => {
      if (rows.size === 0) return false;
      const { key, sealed } = inOrder()[Math.floor(fraction * rows.size)]!;
      const turned = Uint8Array.from(sealed);
      const at = Math.floor(((fraction * rows.size) % 1) * turned.length);
      turned[at] = turned[at]! ^ 4;
      rows.set(String(key), { key, sealed: turned });
      return true;
    },
  };
};
