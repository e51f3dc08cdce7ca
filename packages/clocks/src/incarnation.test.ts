/** Names of lives of directories. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bytesOfIncarnation,
  INCARNATION_BYTES,
  incarnationOf,
  isIncarnation,
} from "./incarnation.ts";

const eightBytes = fc.uint8Array({ minLength: INCARNATION_BYTES, maxLength: INCARNATION_BYTES });

test("an incarnation comes back from its bytes", () => {
  fc.assert(
    fc.property(eightBytes, (bytes) => {
      expect(bytesOfIncarnation(incarnationOf(bytes))).toEqual(bytes);
    }),
  );
});

test("what bytes name is an incarnation", () => {
  fc.assert(
    fc.property(eightBytes, (bytes) => {
      expect(isIncarnation(incarnationOf(bytes))).toBe(true);
    }),
  );
});

test("incarnations are ordered like their bytes", () => {
  fc.assert(
    fc.property(eightBytes, eightBytes, (left, right) => {
      const at = left.findIndex((byte, index) => byte !== right[index]);
      const isBefore = at !== -1 && left[at]! < right[at]!;
      expect(incarnationOf(left) < incarnationOf(right)).toBe(isBefore);
    }),
  );
});

test.each([
  ["nothing", ""],
  ["fifteen digits", "0".repeat(15)],
  ["seventeen digits", "0".repeat(17)],
  ["capitals", "0123456789ABCDEF"],
  ["a letter that is no digit", "0123456789abcdeg"],
  ["a line's end", "0123456789abcdef\n"],
])("%s is no incarnation", (_name, text) => {
  expect(isIncarnation(text)).toBe(false);
  expect(() => bytesOfIncarnation(text)).toThrow(RangeError);
});

test.each([0, 7, 9])("%d bytes name no incarnation", (length) => {
  expect(() => incarnationOf(new Uint8Array(length))).toThrow(RangeError);
});
