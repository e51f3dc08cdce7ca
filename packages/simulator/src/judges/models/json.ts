/** Looking into values that came from outside, where nothing is known of their form. */

/** A value's fields; null if it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;

/** Whether this is an object whose `kind` is one of these. */
export const isOfKind = (value: unknown, ...kinds: readonly string[]): boolean => {
  const kind = fieldsOf(value)?.["kind"];
  return typeof kind === "string" && kinds.includes(kind);
};

/** Whether a whole number that counts exactly, and not below `least`. */
export const isWhole = (value: unknown, least = 0): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least;

/** Whether absent, or what the check says. */
export const isAbsentOr = (value: unknown, check: (present: unknown) => boolean): boolean =>
  value === undefined || check(value);

/** Whether a text. */
export const isText = (value: unknown): value is string => typeof value === "string";

/**
 * Equal for equal values: JSON with the fields of objects in the order of their names. For texts of values that came from JSON; undefined is
 * as null.
 */
export const canonicalText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  const fields = fieldsOf(value);
  if (fields === null) return JSON.stringify(value) ?? "null";
  return `{${Object.keys(fields)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(fields[name])}`)
    .join(",")}}`;
};
