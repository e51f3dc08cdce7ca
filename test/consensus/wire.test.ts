/** Laws of the wire formats of Paxos and CASPaxos, and of an acceptor's rows. */
import {
  acceptorHeadRange,
  decodePaxosMessage,
  decodeRegisterMessage,
  encodePaxosMessage,
  encodeRegisterMessage,
  FRAME_BYTES_MAX,
  headOfRow,
  rangeOfAcceptorQuery,
  registerOfRow,
  writeOfAcceptorRecord,
} from "@syncline/consensus/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ballot, config, paxosMessage, register, registerMessage } from "./messages.ts";

const formats = [
  { name: "Paxos", message: paxosMessage, encode: encodePaxosMessage, decode: decodePaxosMessage },
  {
    name: "CASPaxos",
    message: registerMessage,
    encode: encodeRegisterMessage,
    decode: decodeRegisterMessage,
  },
] as const;

describe.each(formats)("$name", ({ message, encode, decode }) => {
  const encoded = (message as fc.Arbitrary<unknown>).map((one) => encode(one as never));

  test("a message comes back as it was", () => {
    fc.assert(
      fc.property(message as fc.Arbitrary<unknown>, (one) => {
        expect(decode(encode(one as never))).toEqual(one);
      }),
      { numRuns: 2000 },
    );
  });

  test("a frame that is cut off is refused", () => {
    fc.assert(
      fc.property(encoded, fc.nat(), (frame, cut) => {
        expect(decode(frame.subarray(0, cut % frame.length))).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  test("a frame with something behind it is refused", () => {
    fc.assert(
      fc.property(encoded, (frame) => {
        expect(decode(Uint8Array.of(...frame, 0))).toBeNull();
      }),
    );
  });

  test("a frame with a byte that is another is refused, or another message", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(encoded, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, place, change) => {
        const turned = Uint8Array.from(frame);
        turned[place % frame.length]! ^= change;
        const read = decode(turned);
        const again = read === null ? null : decode(encode(read as never));

        expect(again).toEqual(read);
      }),
      { numRuns: 5000 },
    );
  });

  test("arbitrary bytes never throw", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(() => decode(bytes)).not.toThrow();
      }),
      { numRuns: 5000 },
    );
  });

  test("a slice of a larger buffer is read to its end and no further", () => {
    fc.assert(
      fc.property(encoded, fc.nat(), (frame, cut) => {
        const buffer = Uint8Array.of(...frame, ...frame);
        expect(decode(buffer.subarray(0, cut % frame.length))).toBeNull();
      }),
    );
  });
});

test.each([
  ["nothing", []],
  ["a kind that is none", [99]],
  ["a round of 0", [1, 0, 1, 97]],
  ["a proposer without a name", [1, 1, 0]],
  ["a round beyond the largest", [1, 128, 128, 128, 128, 128, 128, 128, 1, 1, 97]],
  ["a flag of 2", [2, 1, 1, 97, 2]],
  ["a name of bad UTF-8", [1, 1, 1, 255]],
])("%s is refused", (_what, bytes) => {
  expect(decodePaxosMessage(Uint8Array.from(bytes))).toBeNull();
});

test.each([
  ["a count beyond the bytes left", [45, 1, 0, 1, 0, 255, 255, 3]],
  ["quorums that do not meet", [42, 2, 1, 1, 2, 1, 97, 1, 49, 1, 98, 1, 49]],
  ["an acceptor that stands twice", [42, 2, 2, 2, 2, 1, 97, 1, 49, 1, 97, 1, 50]],
  ["an epoch of 0 in a configuration", [42, 0, 1, 1, 1, 1, 97, 1, 49]],
])("%s is refused by CASPaxos", (_what, bytes) => {
  expect(decodeRegisterMessage(Uint8Array.from(bytes))).toBeNull();
});

test("a frame over the limit is not read", () => {
  expect(decodeRegisterMessage(new Uint8Array(FRAME_BYTES_MAX + 1))).toBeNull();
});

describe("rows of an acceptor", () => {
  const prefix = Uint8Array.of(7);
  const key = fc.string({ unit: "grapheme", maxLength: 12 });
  const isWithin = (range: { fromKey: Uint8Array; toKey: Uint8Array }, row: Uint8Array): boolean =>
    Buffer.compare(row, range.fromKey) >= 0 && Buffer.compare(row, range.toKey) < 0;

  test("a register comes back by its own query, and by no other key's", () => {
    fc.assert(
      fc.property(key, key, register, (one, other, kept) => {
        const record = { kind: "register", incarnation: "i1", key: one, register: kept } as const;
        const row = writeOfAcceptorRecord(prefix, record);
        const query = { kind: "register", incarnation: "i1", key: other } as const;
        const isFound = isWithin(rangeOfAcceptorQuery(prefix, query), row.key);

        expect(isFound).toBe(one === other);
        expect(registerOfRow(prefix, query, { key: row.key, value: row.value! })).toEqual({
          key: one,
          register: kept,
        });
      }),
    );
  });

  test("a page goes on behind its last key, and stays within its incarnation", () => {
    const rowOf = (incarnation: string, one: string) =>
      writeOfAcceptorRecord(prefix, { kind: "no-register", incarnation, key: one }).key;
    fc.assert(
      fc.property(key, key, (after, one) => {
        const query = {
          kind: "registers",
          incarnation: "i1",
          afterKey: after,
          bytesMax: 1,
        } as const;
        const range = rangeOfAcceptorQuery(prefix, query);
        const isLater = Buffer.compare(Buffer.from(one), Buffer.from(after)) > 0;

        expect(isWithin(range, rowOf("i1", one))).toBe(isLater);
        expect(isWithin(range, rowOf("i2", one))).toBe(false);
        expect(isWithin(range, rowOf("i11", one))).toBe(false);
      }),
    );
  });

  test("the head comes back, and is no register", () => {
    fc.assert(
      fc.property(config, ballot, (its, { round }) => {
        const head = { kind: "head", incarnation: "i1", config: its, floor: round } as const;
        const row = writeOfAcceptorRecord(prefix, head);
        const all = { kind: "registers", incarnation: "i1", afterKey: null, bytesMax: 1 } as const;

        expect(headOfRow(row.value!)).toEqual(head);
        expect(isWithin(acceptorHeadRange(prefix), row.key)).toBe(true);
        expect(isWithin(rangeOfAcceptorQuery(prefix, all), row.key)).toBe(false);
      }),
    );
  });

  test("a row that is none is STORAGE_CORRUPT", () => {
    expect(() => headOfRow(Uint8Array.of(1, 2, 3))).toThrow("is not what was written");
  });
});
