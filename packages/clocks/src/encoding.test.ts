/** Bytes of vectors: one spelling each, and safe to read from a stranger. */
import fc from "fast-check";
import { createDecoder, readVarUint } from "lib0/decoding";
import { createEncoder, toUint8Array, writeVarUint } from "lib0/encoding";
import { describe, expect, test } from "vitest";
import {
  decodeVector,
  encodeVector,
  readIncarnation,
  readVector,
  writeIncarnation,
  writeVector,
} from "./encoding.ts";
import { incarnationOf } from "./incarnation.ts";
import { describeVector, sortedEntries, type VersionVector } from "./version-vector.ts";

const incarnation = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(incarnationOf);
const number = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const vector: fc.Arbitrary<VersionVector> = fc
  .array(fc.tuple(incarnation, number), { maxLength: 12 })
  .map((entries) => new Map(entries));

const first = "0123456789abcdef";
const second = "fedcba9876543210";

/** The bytes as a view into the middle of a larger buffer full of something else. */
const slicedFrom = (bytes: Uint8Array): Uint8Array => {
  const pool = new Uint8Array(bytes.length + 64).fill(1);
  pool.set(bytes, 32);
  return pool.subarray(32, 32 + bytes.length);
};

/** Whether they decode to null, or to a vector of which these are the bytes. */
const isNullOrCanonical = (bytes: Uint8Array): boolean => {
  const decoded = decodeVector(bytes);
  return decoded === null || encodeVector(decoded).join() === bytes.join();
};

/** `varUint count, (incarnation, varUint number)*` with numbers as raw bytes, so that it can be wrong. */
const bytesOf = (
  count: readonly number[],
  ...entries: readonly (readonly [string, ...(readonly number[])])[]
): Uint8Array =>
  Uint8Array.from([
    ...count,
    ...entries.flatMap(([name, ...numberBytes]) => {
      const encoder = createEncoder();
      writeIncarnation(encoder, name);
      return [...toUint8Array(encoder), ...numberBytes];
    }),
  ]);

describe("a vector", () => {
  test("comes back from its bytes", () => {
    fc.assert(
      fc.property(vector, (one) => {
        expect(decodeVector(encodeVector(one))).toEqual(new Map(sortedEntries(one)));
      }),
    );
  });

  test("has the same bytes whatever the order of insertion", () => {
    fc.assert(
      fc.property(vector, (one) => {
        expect(encodeVector(new Map([...one].toReversed()))).toEqual(encodeVector(one));
      }),
    );
  });

  test("has other bytes than another vector", () => {
    fc.assert(
      fc.property(vector, vector, (one, other) => {
        const isSame = describeVector(one) === describeVector(other);
        expect(encodeVector(one).join() === encodeVector(other).join()).toBe(isSame);
      }),
    );
  });

  test("comes back from a slice of a larger buffer", () => {
    fc.assert(
      fc.property(vector, (one) => {
        expect(decodeVector(slicedFrom(encodeVector(one)))).toEqual(new Map(sortedEntries(one)));
      }),
    );
  });

  test("leaves alone what stands around it", () => {
    const encoder = createEncoder();
    writeVarUint(encoder, 7);
    writeVector(encoder, new Map([[first, 300]]));
    writeVarUint(encoder, 8);

    const decoder = createDecoder(toUint8Array(encoder));

    expect(readVarUint(decoder)).toBe(7);
    expect(readVector(decoder)).toEqual(new Map([[first, 300]]));
    expect(readVarUint(decoder)).toBe(8);
  });

  test("of three logs with numbers below 16,384 takes at most 31 bytes", () => {
    const three = new Map([first, second, "0".repeat(16)].map((log) => [log, 16_383] as const));

    expect(encodeVector(three)).toHaveLength(31);
  });

  test.each([
    ["a name that is no incarnation", "home-a", 1],
    ["a fraction", first, 1.5],
    ["a number beyond 2^53 - 1", first, 2 ** 53],
    ["infinity", first, Number.POSITIVE_INFINITY],
  ])("with %s is not written", (_name, log, at) => {
    expect(() => encodeVector(new Map([[log, at]]))).toThrow(RangeError);
  });
});

describe("decoding", () => {
  test("random bytes gives null or the vector that they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(isNullOrCanonical(bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test("every truncation gives null", () => {
    fc.assert(
      fc.property(vector, (one) => {
        const bytes = encodeVector(one);
        for (let length = 0; length < bytes.length; length += 1) {
          expect(decodeVector(bytes.subarray(0, length))).toBeNull();
        }
      }),
      { numRuns: 50 },
    );
  });

  test("every flip of one bit gives null or the vector that the bytes are", () => {
    fc.assert(
      fc.property(vector, (one) => {
        const bytes = encodeVector(one);
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const flipped = Uint8Array.from(bytes);
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          expect(isNullOrCanonical(flipped)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("with something behind it gives null", () => {
    expect(decodeVector(Uint8Array.from([...encodeVector(new Map([[first, 1]])), 0]))).toBeNull();
  });

  test("does not read on behind a slice that is cut off", () => {
    const bytes = encodeVector(new Map([[first, 1]]));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeVector(slicedFrom(bytes.subarray(0, length)))).toBeNull();
    }
  });

  const unsafe = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
  test.each([
    ["no bytes", new Uint8Array()],
    ["entries in the wrong order", bytesOf([2], [second, 1], [first, 1])],
    ["an entry twice", bytesOf([2], [first, 1], [first, 1])],
    ["a number of 0", bytesOf([1], [first, 0])],
    ["a number that is longer than it need be", bytesOf([1], [first, 0x81, 0])],
    ["a count that is longer than it need be", bytesOf([0x81, 0], [first, 1])],
    ["a number of 2^53", bytesOf([1], [first, ...unsafe])],
    ["a number without end", bytesOf([1], [first, ...Array.from({ length: 20 }, () => 0xff)])],
  ])("of %s gives null", (_name, bytes) => {
    expect(decodeVector(bytes)).toBeNull();
  });

  test("refuses a count beyond the bytes before it reads an entry", () => {
    const encoder = createEncoder();
    writeVarUint(encoder, Number.MAX_SAFE_INTEGER);
    writeIncarnation(encoder, first);
    const decoder = createDecoder(toUint8Array(encoder));

    expect(() => readVector(decoder)).toThrow(new RangeError("malformed bytes"));
    expect(decoder.pos).toBe(8);
  });
});

describe("an incarnation", () => {
  test("comes back from its eight bytes", () => {
    fc.assert(
      fc.property(incarnation, (one) => {
        const encoder = createEncoder();
        writeIncarnation(encoder, one);
        const bytes = toUint8Array(encoder);

        expect(bytes).toHaveLength(8);
        expect(readIncarnation(createDecoder(slicedFrom(bytes)))).toBe(one);
      }),
    );
  });

  test("that is cut off is refused", () => {
    const decoder = createDecoder(slicedFrom(new Uint8Array(7)));

    expect(() => readIncarnation(decoder)).toThrow(RangeError);
  });
});
