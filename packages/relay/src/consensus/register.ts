/** A small replicated state: values by key, which are written, compared and set, or claimed once for all. */
import type { ReplicatedState } from "@syncline/consensus/raft";
import {
  createDecoder,
  hasContent,
  readVarString,
  readVarUint,
  readVarUint8Array,
} from "lib0/decoding";
import {
  createEncoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from "lib0/encoding";

/** What can be done to a key. */
export type RegisterCommand =
  | { readonly kind: "write"; readonly key: string; readonly value: Uint8Array }
  /** Writes if the key has this value (null: none); the result says whether it had. */
  | {
      readonly kind: "compare-and-set";
      readonly key: string;
      readonly expected: Uint8Array | null;
      readonly value: Uint8Array;
    }
  /** Writes if the key has no value; the result is the value that it has then. */
  | { readonly kind: "claim"; readonly key: string; readonly value: Uint8Array };

/** The registers, with a way to look at one. */
export interface Registers extends ReplicatedState {
  /** The value of the key whose UTF-8 bytes the query is: a 1 and the value, or nothing if there is none. */
  query(query: Uint8Array): Uint8Array;
}

const kinds = ["write", "compare-and-set", "claim"] as const;
const no = Uint8Array.of(0);
const yes = Uint8Array.of(1);
const nothing = new Uint8Array();

/** No key has a value. */
export const createRegisters = (): Registers => {
  const values = new Map<string, Uint8Array>();
  return {
    apply: (bytes) => {
      const command = decodeCommand(bytes);
      return command === null ? nothing : apply(values, command);
    },
    query: (query) => {
      const value = values.get(Buffer.from(query).toString());
      return value === undefined ? nothing : Buffer.concat([yes, value]);
    },
    encode: () => {
      const encoder = createEncoder();
      for (const [key, value] of values) {
        writeVarString(encoder, key);
        writeVarUint8Array(encoder, value);
      }
      return toUint8Array(encoder);
    },
    decode: (bytes) => {
      values.clear();
      const decoder = createDecoder(bytes);
      while (hasContent(decoder)) {
        const key = readVarString(decoder);
        values.set(key, Uint8Array.from(readVarUint8Array(decoder)));
      }
    },
  };
};

const apply = (values: Map<string, Uint8Array>, command: RegisterCommand): Uint8Array => {
  const { key, value } = command;
  const present = values.get(key);
  switch (command.kind) {
    case "write":
      values.set(key, value);
      return yes;
    case "compare-and-set": {
      const { expected } = command;
      const isAsExpected =
        expected === null
          ? present === undefined
          : present !== undefined && Buffer.compare(present, expected) === 0;
      if (isAsExpected) values.set(key, value);
      return isAsExpected ? yes : no;
    }
    case "claim":
      if (present === undefined) values.set(key, value);
      return present ?? value;
  }
};

/** A command as bytes. */
export const encodeRegisterCommand = (command: RegisterCommand): Uint8Array => {
  const encoder = createEncoder();
  writeVarUint(encoder, kinds.indexOf(command.kind));
  writeVarString(encoder, command.key);
  writeVarUint8Array(encoder, command.value);
  if (command.kind === "compare-and-set" && command.expected !== null) {
    writeVarUint8Array(encoder, command.expected);
  }
  return toUint8Array(encoder);
};

const decodeCommand = (bytes: Uint8Array): RegisterCommand | null => {
  const decoder = createDecoder(bytes);
  try {
    const kind = kinds[readVarUint(decoder)];
    const key = readVarString(decoder);
    const value = Uint8Array.from(readVarUint8Array(decoder));
    if (kind === undefined) return null;
    if (kind !== "compare-and-set") return { kind, key, value };
    const expected = hasContent(decoder) ? Uint8Array.from(readVarUint8Array(decoder)) : null;
    return { kind, key, expected, value };
  } catch {
    return null;
  }
};
