/** Randomness from a seed, for machines and tests: the same seed gives the same numbers on every platform. */
import { create, type PRNG, real53 } from "lib0/prng";

/** A stream of random numbers. Two streams with the same seed are equal for ever. */
export interface Random {
  /** A number from `from` (in) to `to` (out), both integers within 32 bits; throws a `RangeError` if there is none. */
  integer(from: number, to: number): number;
  /** A number from 0 (in) to 1 (out), a multiple of 2^-32. */
  fraction(): number;
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean;
  /** One of the values; throws a `RangeError` if there is none. */
  pick<Value>(values: readonly Value[]): Value;
  /** This many bytes. */
  bytes(byteCount: number): Uint8Array;
  /** A stream of its own, named: draws from it do not move this one, and adding one concern does not reshuffle the others. The same name gives the same stream. */
  fork(name: string): Random;
}

/**
 * The stream of this seed (a variant of xoroshiro128+, by `lib0/prng`). Not for secrets.
 *
 * Seeds are whole numbers within 32 bits; more is folded.
 */
export const seededRandom = (seed: number): Random => {
  const generator: PRNG = create(generatorSeedOf(seed));
  const integer = (from: number, to: number): number => {
    if (!(from < to)) throw new RangeError(`no number from ${from} to ${to}`);
    return from + Math.floor(real53(generator) * (to - from));
  };
  return {
    integer,
    fraction: () => real53(generator),
    chance: (probability) => real53(generator) < probability,
    pick: <Value>(values: readonly Value[]) => values[integer(0, values.length)] as Value,
    bytes: (byteCount) => Uint8Array.from({ length: byteCount }, () => integer(0, 256)),
    fork: (name) => seededRandom(hashOf(seed, name)),
  };
};

/**
 * The generator starts from a seed by a few shifts, which has two flaws: small seeds begin alike, and two seeds give zeros for ever.
 * So seeds are mixed first, and those two are replaced.
 */
const generatorSeedOf = (seed: number): number => {
  const mixed = mix(seed);
  return mixed === 0 || mixed === 0xfc001fff ? 1 : mixed;
};

/** FNV-1a over the name, started from the mixed seed: were it started from the seed itself, seed 1's stream `a` would be seed 2's stream `b`. */
const hashOf = (seed: number, name: string): number => {
  let hash = mix(seed);
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
};

/** The finalizer of MurmurHash3, from an odd start: each bit of the seed turns about half of the result's. One to one. */
const mix = (seed: number): number => {
  let hash = (seed + 0x9e3779b9) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
