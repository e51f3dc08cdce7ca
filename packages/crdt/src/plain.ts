/** The values that a CRDT holds: JSON, bytes and big integers. */

/**
 * Plain data. Numbers are all doubles, -0, infinities and NaN included, each equal to itself only; strings are well-formed Unicode; objects have own,
 * enumerable string keys, in no order.
 */
export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** Bytes that one value may take, encoded. */
export const valueBytesMax = 262_144;

/** Bytes that the key of a map may take in UTF-8. */
export const keyBytesMax = 1_024;

/** How deep arrays and objects may be nested. */
export const depthMax = 64;

/** How many decimal digits a big integer may have, the sign included. */
export const bigDigitsMax = 310;
