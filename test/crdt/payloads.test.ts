/** What a batch of a value carries in a space: read as it was written, joined by the type's name, and nothing else is taken. */
import {
  type Crdt,
  decodePayload,
  encodeDelta,
  encodeJoined,
  type Heads,
  joinPayloads,
  newOrigin,
  type Origin,
  pnCounter,
  type ReplicaId,
  sentIn,
} from "@syncline/crdt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { subjects } from "./changes.ts";
import { statesOf } from "./histories.ts";

const runs = { numRuns: 8 };
const replica = "00000000000000aa";

type AnyType = Crdt<unknown, unknown, object>;

/** Each delta of a replica as its payload, one after the other. */
const payloadsOf = (
  type: AnyType,
  deltas: readonly unknown[],
  session = 1,
  by: ReplicaId = replica,
): { readonly payloads: readonly Uint8Array[]; readonly origin: Origin } => {
  let origin = newOrigin;
  const payloads = deltas.map((delta) => {
    const written = encodeDelta(type, { replica: by, origin, session }, delta);
    origin = written.origin;
    return written.payload;
  });
  return { payloads, origin };
};

describe.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s",
  (_name, subject) => {
    const { type } = subject;

    test("a delta is read as it was written, with its place", () => {
      fc.assert(
        fc.property(statesOf(subject), fc.nat(2 ** 32 - 1), ([state], session) => {
          const { payloads, origin } = payloadsOf(type, [state, state], session);

          const read = decodePayload(type, payloads[1]!)!;
          expect(type.encode(read.state)).toEqual(type.encode(state));
          expect(read.heads).toEqual(new Map([[replica, origin]]));
          expect(sentIn(payloads[1]!)).toMatchObject({ origin, session, sent: { number: 2 } });
        }),
        runs,
      );
    });

    test("payloads joined by the type's name are the join, in any order, once or twice", () => {
      fc.assert(
        fc.property(statesOf(subject), ([left, right]) => {
          const mine = payloadsOf(type, [left], 1, replica);
          const theirs = payloadsOf(type, [right], 2, "00000000000000bb");
          const all = [...mine.payloads, ...theirs.payloads];
          const heads: Heads = new Map([
            [replica, mine.origin],
            ["00000000000000bb", theirs.origin],
          ]);
          const joined = encodeJoined(type, heads, type.join(left, right));

          expect(joinPayloads(type.name, all)).toEqual(joined);
          expect(joinPayloads(type.name, all.toReversed())).toEqual(joined);
          expect(joinPayloads(type.name, [joined, ...all, joined])).toEqual(joined);
        }),
        runs,
      );
    });

    test("no truncation is taken, and a flipped bit is refused or says something else", () => {
      fc.assert(
        fc.property(statesOf(subject), ([state]) => {
          const [payload] = payloadsOf(type, [state]).payloads;
          const joined = encodeJoined(type, decodePayload(type, payload!)!.heads, state);
          for (const bytes of [payload!, joined]) {
            for (let length = 0; length < bytes.length; length += 1) {
              expect(decodePayload(type, bytes.subarray(0, length))).toBeNull();
            }
          }
          for (let bit = 0; bit < joined.length * 8; bit += 1) {
            const flipped = joined.slice();
            flipped[bit >> 3]! ^= 1 << (bit & 7);
            const read = decodePayload(type, flipped);
            const again =
              read?.sent === null
                ? encodeJoined(type, read.heads, read.state, read.fences)
                : flipped;
            expect(again).toEqual(flipped);
          }
        }),
        runs,
      );
    });
  },
);

test("other kinds, other types and huge counts are refused", () => {
  for (const bytes of [[], [2, 0, 0], [1, 255, 255, 255, 255, 15], [0, 1], [1, 0, 0, 0, 0]]) {
    expect(decodePayload(pnCounter, Uint8Array.from(bytes))).toBeNull();
  }
  expect(joinPayloads("no-such-type", [])).toBeNull();
});

test("what stands around a delta is at most 32 bytes", () => {
  const type = pnCounter;
  const origin = { number: 2 ** 40, digest: 2 ** 52 - 1 };

  const { payload } = encodeDelta(type, { replica, origin, session: 2 ** 32 - 1 }, type.bottom());

  expect(payload.length - type.encode(type.bottom()).length).toBeLessThanOrEqual(32);
});
