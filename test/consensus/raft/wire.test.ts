/** Laws of the wire format of Raft: what goes in comes out, and whatever else comes is refused without a throw. */
import type {
  Configuration,
  Entry,
  RaftMessage,
  RaftMessageKind,
  SnapshotMeta,
} from "@syncline/consensus/raft";
import { decodeRaftMessage, encodeRaftMessage, FRAME_BYTES_MAX } from "@syncline/consensus/wire";
import fc from "fast-check";
import { expect, test } from "vitest";

const node = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
const number = fc.oneof(fc.nat(9), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const positive = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 2 ** 47 }));
const id = fc.oneof(
  fc.constant({ index: 0, term: 0 }),
  fc.record({ index: positive, term: positive }),
);
const bytes = fc.uint8Array({ maxLength: 40 });

const sorted = (nodes: Iterable<string>): string[] =>
  [...nodes].sort((one, other) => (one < other ? -1 : 1));
const configuration: fc.Arbitrary<Configuration> = fc
  .tuple(
    fc.uniqueArray(node, { minLength: 2, maxLength: 8 }),
    fc.nat(7),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([nodes, split, isJoint, isOwn]) => {
    const voters = nodes.slice(0, 1 + (split % (nodes.length - 1)));
    const rest = nodes.slice(voters.length);
    return {
      voters: sorted(voters),
      outgoing: isJoint ? sorted(rest) : [],
      learners: isJoint ? [] : sorted(rest),
      learnersNext: isJoint ? sorted(rest.slice(0, 1)) : [],
      isLeavingByItself: isJoint && isOwn,
    };
  });

const contents = fc.array(
  fc.oneof(
    fc.record({ term: positive, kind: fc.constant("empty" as const) }),
    fc.record({ term: positive, kind: fc.constant("command" as const), data: bytes }),
    fc.record({ term: positive, kind: fc.constant("configuration" as const), configuration }),
  ),
  { maxLength: 5 },
);
const append = fc
  .record({ previous: id, contents, commit: number })
  .map(({ previous, contents: all, commit }): RaftMessageKind => ({
    kind: "append",
    previous,
    commit,
    entries: all.map((one, place): Entry => ({ ...one, index: previous.index + 1 + place })),
  }));
const snapshot: fc.Arbitrary<SnapshotMeta> = fc
  .record({ id: node, last: id, configuration, sizeBytes: number })
  .map((one) => ({ ...one, configurationIndex: Math.floor(one.last.index / 2) }));
const constant = <Kind extends string>(kind: Kind) => fc.constant(kind);
const mending = fc.option(number);

const kinds: fc.Arbitrary<RaftMessageKind> = fc.oneof(
  fc.record({ kind: constant("pre-vote"), last: id }),
  fc.record({ kind: constant("pre-vote-answer"), isGranted: fc.boolean() }),
  fc.record({ kind: constant("vote"), last: id, isTransfer: fc.boolean() }),
  fc.record({ kind: constant("vote-answer"), isGranted: fc.boolean() }),
  append,
  fc.record({ kind: constant("append-answer"), index: number, mending }),
  fc.record({ kind: constant("append-refusal"), refusedIndex: number, hint: id, mending }),
  fc.record({ kind: constant("heartbeat"), commit: number, round: number }),
  fc.record({ kind: constant("heartbeat-answer"), round: number }),
  fc.record({ kind: constant("chunk"), snapshot, offset: number, bytes }),
  fc.record({ kind: constant("chunk-answer"), snapshot: node, nextOffset: number }),
  fc.record({ kind: constant("campaign-now") }),
  fc.record({ kind: constant("outdated") }),
  fc.record({ kind: constant("mended"), mending: number }),
);
const message: fc.Arbitrary<RaftMessage> = fc
  .tuple(node, node, number, kinds)
  .map(([from, to, term, kind]) => ({ from, to, term, ...kind }));

test("a message comes back as it was", () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(decodeRaftMessage(encodeRaftMessage(one))).toEqual(one);
    }),
    { numRuns: 3000 },
  );
});

test("a frame that is cut off, or has more behind it, is refused", () => {
  fc.assert(
    fc.property(message, fc.nat(), (one, place) => {
      const frame = encodeRaftMessage(one);

      expect(decodeRaftMessage(frame.subarray(0, place % frame.length))).toBe(null);
      expect(decodeRaftMessage(Uint8Array.of(...frame, 0))).toBe(null);
    }),
    { numRuns: 1000 },
  );
});

test("a frame with turned bits is a message that encodes, or none", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.nat(7), (one, place, bit) => {
      const frame = encodeRaftMessage(one);
      frame[place % frame.length]! ^= 1 << bit;
      const read = decodeRaftMessage(frame);

      expect(read === null ? null : decodeRaftMessage(encodeRaftMessage(read))).toEqual(read);
    }),
    { numRuns: 3000 },
  );
});

test("any bytes are a message or none, without a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (frame) => {
      decodeRaftMessage(frame);
    }),
    { numRuns: 5000 },
  );

  expect.assertions(0);
});

test("a frame beyond the limit is refused unread", () => {
  const data = new Uint8Array(FRAME_BYTES_MAX);
  const entry: Entry = { index: 1, term: 1, kind: "command", data };
  const frame = encodeRaftMessage({
    from: "a",
    to: "b",
    term: 1,
    kind: "append",
    previous: { index: 0, term: 0 },
    entries: [entry],
    commit: 0,
  });

  expect(decodeRaftMessage(frame)).toBe(null);
});
