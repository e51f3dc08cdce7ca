/** From a type's name to the type: for who joins, stores and compares values that others understand. */
import { awSet } from "./aw-set.ts";
import { boundedCounter } from "./bounded-counter.ts";
import type { AnyCrdt } from "./crdt.ts";
import { dwFlag } from "./dw-flag.ts";
import { ewFlag } from "./ew-flag.ts";
import { maxRegister, minRegister } from "./extremes.ts";
import { gCounter } from "./g-counter.ts";
import { gSet } from "./g-set.ts";
import { emptyValue, encodeValue, joinInto, proposeFolds } from "./joined-value.ts";
import { list } from "./list.ts";
import { lwwMap } from "./lww-map.ts";
import { lwwRegister } from "./lww-register.ts";
import { mvRegister } from "./mv-register.ts";
import { type Embeddable, orMap } from "./or-map.ts";
import { pnCounter } from "./pn-counter.ts";
import { fieldCountMax, record } from "./record.ts";
import { resettableCounter } from "./resettable-counter.ts";
import { rwSet } from "./rw-set.ts";
import { twoPhaseSet } from "./two-phase-set.ts";
import { decodePayload, type ValuePayload } from "./value-payload.ts";

/** Letters that the name of a type may have. */
export const typeNameLengthMax = 1_024;

/** How deep types may stand in each other. */
export const typeDepthMax = 16;

/**
 * The type of this name; null if there is none, also for a name that another order of a record's parts would give.
 *
 * A name says all of its type, parts and their names included, so a home that has never seen an app's types can join their values. Imports all types:
 * a page that knows its own should not import this.
 */
export const typeNamed = (name: string): AnyCrdt | null => {
  if (name.length > typeNameLengthMax) return null;
  const simple = simpleTypes().find((type) => type.name === name);
  if (simple !== undefined) return simple;
  const part = name.endsWith(")") ? partNamed(name, 0) : null;
  // Maps and records are types themselves; parts that are not are named without parentheses.
  return part?.shape.name === name ? (part as AnyCrdt & Part) : null;
};

/**
 * The join of encoded states and deltas of the type with this name, as bytes; null if there is no such type, or if any of the bytes are malformed.
 *
 * Who joins need not know what the value is. Linear in the bytes.
 */
export const joinEncoded = (name: string, encoded: readonly Uint8Array[]): Uint8Array | null => {
  const type = typeNamed(name);
  if (type === null) return null;
  const joined = type.bottom();
  for (const bytes of encoded) {
    const state = type.decode(bytes);
    if (state === null) return null;
    type.apply(joined, state);
  }
  return type.encode(joined);
};

/** What payloads come to as one. */
export interface MergedPayloads {
  readonly payload: Uint8Array;
  /** What is to be proposed of the replicas that are wanted to be retired, by who may; null for nothing. */
  readonly proposal: Uint8Array | null;
}

/**
 * The join of payloads of the type with this name, as one; null if there is no such type, or if any of them is malformed. Throws a `CrdtError` as `joinInto` does.
 *
 * This is how a home compacts a value: it need not know what the value is. Linear in the bytes.
 */
export const mergePayloads = (
  name: string,
  payloads: readonly Uint8Array[],
): MergedPayloads | null => {
  const type = typeNamed(name);
  if (type === null) return null;
  const value = emptyValue(type);
  const read: ValuePayload<unknown>[] = [];
  for (const bytes of payloads) {
    const payload = decodePayload(type, bytes);
    if (payload === null) return null;
    read.push(payload);
  }
  joinInto(type, value, read);
  return { payload: encodeValue(type, value), proposal: proposeFolds(type, value) };
};

/** The join alone of what `mergePayloads` gives. */
export const joinPayloads = (name: string, payloads: readonly Uint8Array[]): Uint8Array | null =>
  mergePayloads(name, payloads)?.payload ?? null;

type Part = Embeddable<unknown, object>;

const simpleTypes = (): readonly AnyCrdt[] => [
  boundedCounter,
  gCounter,
  pnCounter,
  resettableCounter,
  awSet,
  gSet,
  rwSet,
  twoPhaseSet,
  dwFlag,
  ewFlag,
  lwwMap,
  lwwRegister,
  maxRegister,
  minRegister,
  mvRegister,
  list,
];

/** Of the two counters with one shape, the first stands for it: as parts they are the same. */
const simpleParts = (): readonly Part[] => simpleTypes().filter(isPart);

const isPart = (type: AnyCrdt): type is AnyCrdt & Part => "shape" in type;

const partNamed = (name: string, depth: number): Part | null => {
  if (depth > typeDepthMax) return null;
  const [, kind, inner = ""] = /^(or-map|record)\((.*)\)$/su.exec(name) ?? [];
  if (kind === "or-map") {
    const part = partNamed(inner, depth + 1);
    return part === null ? null : orMap(part);
  }
  if (kind === "record") return recordOf(fieldsIn(inner), depth);
  return simpleParts().find(({ shape }) => shape.name === name) ?? null;
};

const recordOf = (texts: readonly string[], depth: number): Part | null => {
  const fields: (readonly [string, Part])[] = [];
  for (const text of texts) {
    const [, name, type = ""] = /^([\w-]{1,64}):(.*)$/su.exec(text) ?? [];
    const part = name === undefined ? null : partNamed(type, depth + 1);
    if (name === undefined || part === null) return null;
    fields.push([name, part]);
  }
  return fields.length > fieldCountMax ? null : record(Object.fromEntries(fields));
};

/** The text between commas that are in no parentheses. */
const fieldsIn = (text: string): readonly string[] => {
  const fields = [""];
  let open = 0;
  for (const letter of text) {
    open += letter === "(" ? 1 : letter === ")" ? -1 : 0;
    if (letter === "," && open === 0) fields.push("");
    else fields.push((fields.pop() ?? "") + letter);
  }
  return text === "" ? [] : fields;
};
