/** Bytes from a stranger: each type's decoder takes what its encoder writes, and nothing else, in time and memory of the bytes. */
import { typeNamed } from "@syncline/crdt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { subjects } from "./changes.ts";
import { statesOf } from "./histories.ts";

const runs = { numRuns: 40 };

/** A decoder that accepts bytes must write the same again, or one state would have two spellings. */
const isRefusedOrCanonical = (
  type: { decode(bytes: Uint8Array): unknown; encode(state: unknown): Uint8Array },
  bytes: Uint8Array,
): boolean => {
  const state = type.decode(bytes);
  if (state === null) return true;
  const again = type.encode(state);
  return again.length === bytes.length && again.every((byte, index) => byte === bytes[index]);
};

describe.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s",
  (_name, subject) => {
    const { type } = subject;

    test("refuses every truncation, and anything that follows", () => {
      fc.assert(
        fc.property(statesOf(subject), ([state]) => {
          const bytes = type.encode(state);
          for (let length = 0; length < bytes.length; length += 1) {
            expect(type.decode(bytes.slice(0, length))).toBeNull();
          }
          expect(type.decode(new Uint8Array([...bytes, 0]))).toBeNull();
          // A view into a larger buffer ends where the view ends.
          expect(type.decode(new Uint8Array([...bytes, 7]).subarray(0, bytes.length))).not.toBe(
            null,
          );
        }),
        runs,
      );
    });

    test("takes a flipped bit for malformed, or for another state", () => {
      fc.assert(
        fc.property(statesOf(subject), ([state]) => {
          const bytes = type.encode(state);
          for (let bit = 0; bit < bytes.length * 8; bit += 1) {
            const flipped = bytes.slice();
            flipped[bit >> 3]! ^= 1 << (bit & 7);
            expect(isRefusedOrCanonical(type, flipped)).toBe(true);
          }
        }),
        runs,
      );
    });

    test("takes random bytes for malformed, or for a state", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
          expect(isRefusedOrCanonical(type, bytes)).toBe(true);
        }),
        { numRuns: 500 },
      );
    });

    test.each([
      ["2^32 entries", [0xff, 0xff, 0xff, 0xff, 0x0f]],
      ["2^53 - 1 entries", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
      ["a count of eleven bytes", Array.from({ length: 11 }, () => 0xff)],
      [
        "a dot beyond 2^53",
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0],
      ],
    ])("refuses %s at once", (_claim, head) => {
      const bytes = new Uint8Array(200_000);
      bytes.set(head);
      const start = performance.now();

      expect(type.decode(bytes.subarray(0, head.length))).toBeNull();
      expect(type.decode(bytes)).toBeNull();
      expect(performance.now() - start).toBeLessThan(1_000);
    });
  },
);

test("nesting of 64 is read, and of 65 is not", () => {
  const register = typeNamed("mv-register")!;
  const nested = (depth: number): Uint8Array => {
    const head = [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0];
    return new Uint8Array([...head, ...Array.from({ length: depth }, () => [8, 1]).flat(), 0]);
  };

  expect(register.decode(nested(64))).not.toBeNull();
  expect(register.decode(nested(65))).toBeNull();
  expect(register.decode(nested(100_000))).toBeNull();
});

test("a range of 2^50 dots is eight bytes, and costs no more to join or compare", () => {
  const set = typeNamed("aw-set")!;
  const wide = set.decode(
    new Uint8Array([
      1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0,
    ]),
  );
  const joined = set.bottom();

  expect(set.apply(joined, wide)).toBe(true);
  expect(set.leq(wide, joined)).toBe(true);
  expect(set.isBottom(set.delta(joined, wide))).toBe(true);
  expect(set.decompose(wide)[Symbol.iterator]().next().done).toBe(false);
});
