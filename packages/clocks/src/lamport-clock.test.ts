/** The Lamport clock: what causes something comes before it. */
import { createDecoder } from "lib0/decoding";
import { createEncoder, toUint8Array } from "lib0/encoding";
import { expect, test } from "vitest";
import {
  compareLamport,
  nextStamp,
  readLamport,
  receiveStamp,
  writeLamport,
} from "./lamport-clock.ts";

const [alice, bob] = ["00000000000000aa", "00000000000000bb"] as [string, string];

test("an answer comes after what it answers, and equal numbers are ordered by replica", () => {
  const question = nextStamp(7, bob);

  const answer = nextStamp(receiveStamp(0, question), alice);

  expect(answer).toEqual({ number: 9, replica: alice });
  expect(compareLamport(question, answer)).toBeLessThan(0);
  expect(compareLamport(nextStamp(0, alice), nextStamp(0, bob))).toBeLessThan(0);
  expect(compareLamport(question, question)).toBe(0);
});

test("a stamp is read as it was written, and the last number is refused", () => {
  const encoder = createEncoder();
  writeLamport(encoder, { number: 300, replica: alice });
  const bytes = toUint8Array(encoder);

  expect(readLamport(createDecoder(bytes))).toEqual({ number: 300, replica: alice });
  expect(() => readLamport(createDecoder(bytes.slice(0, 5)))).toThrow(RangeError);
  expect(() => nextStamp(Number.MAX_SAFE_INTEGER, alice)).toThrow(RangeError);
});
