/**
 * How an acceptor's records stand in an ordered map of bytes: one row each.
 *
 * A key is the acceptor's prefix (the runner's), then a letter: `h` head · `r` incarnation key: a register. Registers sort by the bytes of their keys.
 */
import { SyncError } from "@syncline/machine";
import { type Decoder } from "lib0/decoding";
import {
  type Encoder,
  write as writeByte,
  writeUint8Array,
  writeVarString,
  writeVarUint,
} from "lib0/encoding";
import { decodeUtf8, encodeUtf8 } from "lib0/string";
import type {
  AcceptorHead,
  AcceptorQuery,
  AcceptorRecord,
  CopiedRegister,
} from "../caspaxos/messages.ts";
import { decoded, encoded, readName, readRound } from "./pieces.ts";
import { readConfig, readRegister, writeConfig, writeRegister } from "./register-pieces.ts";

/** What to do with one key: put the value, or with null remove it. */
export interface AcceptorWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** The keys from `fromKey` (in) to `toKey` (out). */
export interface AcceptorRange {
  readonly fromKey: Uint8Array;
  readonly toKey: Uint8Array;
}

const HEAD = 0x68;
const REGISTER = 0x72;
/** No byte of UTF-8. */
const BEYOND = 0xff;

/** The row of a record, behind the runner's `prefix`. Cost: linear in the size of the record. */
export const writeOfAcceptorRecord = (
  prefix: Uint8Array,
  record: AcceptorRecord,
): AcceptorWrite => {
  switch (record.kind) {
    case "head":
      return { key: headKey(prefix), value: encoded((to) => writeHead(to, record)) };
    case "register":
      return {
        key: registerKey(prefix, record.incarnation, record.key),
        value: encoded((to) => writeRegister(to, record.register)),
      };
    case "no-register":
      return { key: registerKey(prefix, record.incarnation, record.key), value: null };
  }
};

/** The range of the one row that a recovery needs: empty on an empty disk. */
export const acceptorHeadRange = (prefix: Uint8Array): AcceptorRange => ({
  fromKey: headKey(prefix),
  toKey: encoded((to) => {
    writeUint8Array(to, prefix);
    writeByte(to, HEAD + 1);
  }),
});

/** The rows that answer a query; a page ends at the query's `bytesMax`. */
export const rangeOfAcceptorQuery = (prefix: Uint8Array, query: AcceptorQuery): AcceptorRange => {
  const { incarnation } = query;
  const beyond = (key: string, byte: number): Uint8Array =>
    encoded((to) => {
      writeUint8Array(to, registerKey(prefix, incarnation, key));
      writeByte(to, byte);
    });
  if (query.kind === "register") {
    return { fromKey: registerKey(prefix, incarnation, query.key), toKey: beyond(query.key, 0) };
  }
  const { afterKey } = query;
  return {
    fromKey: afterKey === null ? registerKey(prefix, incarnation, "") : beyond(afterKey, 0),
    toKey: beyond("", BEYOND),
  };
};

/** The head that a row's value is; throws `STORAGE_CORRUPT` at one that is none. */
export const headOfRow = (value: Uint8Array): AcceptorHead => decoded(value, readHead) ?? corrupt();

/** The register of a row; throws `STORAGE_CORRUPT` at one that is none. */
export const registerOfRow = (
  prefix: Uint8Array,
  query: AcceptorQuery,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
): CopiedRegister => {
  const register = decoded(value, readRegister) ?? corrupt();
  const nameBytes = key.subarray(registerKey(prefix, query.incarnation, "").length);
  return { key: decodeUtf8(nameBytes), register };
};

const corrupt = (): never => {
  throw new SyncError("STORAGE_CORRUPT", "a row of an acceptor is not what was written");
};

const headKey = (prefix: Uint8Array): Uint8Array =>
  encoded((to) => {
    writeUint8Array(to, prefix);
    writeByte(to, HEAD);
  });

const registerKey = (prefix: Uint8Array, incarnation: string, key: string): Uint8Array =>
  encoded((to) => {
    writeUint8Array(to, prefix);
    writeByte(to, REGISTER);
    writeVarString(to, incarnation);
    writeUint8Array(to, encodeUtf8(key));
  });

const writeHead = (to: Encoder, { incarnation, config, floor }: AcceptorHead): void => {
  writeVarString(to, incarnation);
  writeConfig(to, config);
  writeVarUint(to, floor);
};

const readHead = (from: Decoder): AcceptorHead => ({
  kind: "head",
  incarnation: readName(from),
  config: readConfig(from),
  floor: readRound(from),
});
