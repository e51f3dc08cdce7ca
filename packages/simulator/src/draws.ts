/**
 * Randomness by key instead of by order: what befalls the fifth message from a to b depends on the seed, a, b and five, and on nothing else.
 *
 * So a fault that is taken away, or a protocol that says one word more to somebody else, does not reshuffle the rest of the world; that is what
 * makes shrinking work.
 */

/** The draws of one concern. */
export interface Draws {
  /** A number from 0 (in) to 1 (out) for this key of three whole numbers within 32 bits. The same key gives the same number. Cost: constant. */
  fraction(first: number, second: number, third: number): number;
  /** A whole number from `from` (in) to `to` (out) for this key. */
  integer(from: number, to: number, key: readonly [number, number, number]): number;
}

/** The draws of this seed for one concern, such as `"loss"`. Concerns do not know of each other. */
export const keyedDraws = (seed: number, concern: string): Draws => {
  const base = hashOfText(stir(0x9e3779b9, seed), concern);
  const fraction = (first: number, second: number, third: number): number =>
    finish(stir(stir(stir(base, first), second), third)) / 0x1_0000_0000;
  return {
    fraction,
    integer: (from, to, [first, second, third]) =>
      from + Math.floor(fraction(first, second, third) * (to - from)),
  };
};

// The body and the finalizer of MurmurHash3 (32 bits): each bit of a key turns about half of the result's.
const stir = (hash: number, key: number): number => {
  let mixed = Math.imul(key, 0xcc9e2d51);
  mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  const next = hash ^ mixed;
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
};

const finish = (hash: number): number => {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

const hashOfText = (hash: number, text: string): number => {
  let stirred = stir(hash, text.length);
  for (let index = 0; index < text.length; index += 1) {
    stirred = stir(stirred, text.charCodeAt(index));
  }
  return stirred;
};
