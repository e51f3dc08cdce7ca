/** Named parts, each of a type of its own. */
import { readByte, writeByte } from "@syncline/clocks";
import { type Causal, causal } from "./causal.ts";
import {
  type AtKey,
  type Branches,
  branching,
  carryOutAt,
  type Embeddable,
  withTimes,
} from "./or-map.ts";
import { type AnyShape, type Change, coverAll, type Cursor, type Shape } from "./shape.ts";

/** The parts of a record by name. */
// oxlint-disable-next-line typescript/no-explicit-any -- the parts' own types are taken from here by inference.
export type Fields = Readonly<Record<string, Embeddable<any, any>>>;

type ValueOf<Field> = Field extends Embeddable<infer Value, never> ? Value : never;
type MutatorsOf<Field> = Field extends { readonly shape: { readonly mutators: infer M } }
  ? M
  : never;

/** The value of a record: that of each part, also of those that nobody has touched. */
export type RecordValue<F extends Fields> = { readonly [Name in keyof F]: ValueOf<F[Name]> };

/** A change of one part: its name, and the change. */
export type FieldChange<F extends Fields> = {
  readonly [Name in keyof F]: readonly [field: Name, change: Change<MutatorsOf<F[Name]>>];
}[keyof F];

type At = Cursor<AtKey, Branches>;

/** The mutators of a record. */
export interface RecordMutators<F extends Fields> {
  /** Changes one part: `"likes", ["increment"]`. */
  readonly update: (at: At, ...change: FieldChange<F>) => void;
  /** Takes away all that this replica has seen in one part, which begins again from nothing. */
  readonly reset: (at: At, field: keyof F & string) => void;
}

/** The type of `record({…})`. */
export type RecordType<F extends Fields> = Causal<
  AtKey,
  Branches,
  RecordValue<F>,
  RecordMutators<F>
>;

/** How many parts a record may have. */
export const fieldCountMax = 255;

/**
 * A value of named parts, each of a type of its own: `record({ title: lwwRegister, tags: awSet, likes: pnCounter })`.
 *
 * Names are letters, digits, `_` and `-`. They are part of the type's name, in their order; a part costs one byte in each fact. Otherwise as
 * `orMap`: one causal context for the whole. Throws a `RangeError` for a name that is none, or more than 255 parts.
 */
export const record = <F extends Fields>(fields: F): RecordType<F> =>
  withTimes(causal(recordShape(fields)));

const recordShape = <F extends Fields>(
  fields: F,
): Shape<AtKey, Branches, RecordValue<F>, RecordMutators<F>> => {
  const names = Object.keys(fields).sort();
  if (names.length > fieldCountMax) throw new RangeError("a record with too many parts");
  const parts = new Map<string, AnyShape>();
  for (const name of names) {
    if (!/^[\w-]{1,64}$/.test(name)) throw new RangeError(`no name of a part: ${name}`);
    parts.set(name, (fields[name] as Embeddable<unknown, object>).shape);
  }
  const partAt = (name: string): AnyShape => {
    const part = parts.get(name);
    if (part === undefined) throw new TypeError(`no part ${name}`);
    return part;
  };
  const name = `record(${names.map((field) => `${field}:${partAt(field).name}`).join(",")})`;
  return {
    ...branching(partAt),
    name,
    value: (node) => {
      const values = [...parts].map(([field, part]) => [
        field,
        part.value(node.get(field) ?? part.createNode()),
      ]);
      return Object.fromEntries(values) as RecordValue<F>;
    },
    write: (encoder, { key, inner }, place, spelled) => {
      writeByte(encoder, names.indexOf(key));
      partAt(key).write(encoder, inner, place, spelled);
    },
    read: (decoder, place, spelled) => {
      const key = names[readByte(decoder)] ?? "";
      return { key, inner: partAt(key).read(decoder, place, spelled) };
    },
    mutators: {
      update: (at, ...fieldChange) => {
        const [field, change] = fieldChange as readonly [string, readonly unknown[]];
        carryOutAt(partAt(field), at, field, change);
      },
      reset: (at, field) => {
        const node = at.node.get(field);
        if (node !== undefined) coverAll(partAt(field).factsOf(node), at);
      },
    },
  };
};
