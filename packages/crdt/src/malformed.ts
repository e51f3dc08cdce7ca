/** What a reader throws at bytes that no writer wrote. It says no more, since `decode` makes null of it, and each sentence would be on every page. */

/** Throws a `RangeError`. */
export function refuse(): never {
  throw new RangeError("malformed");
}
