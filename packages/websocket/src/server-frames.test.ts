import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameJoiner, fragmentHeader } from "./server-frames.ts";

/** Reads frames as RFC 6455, §5.2, writes them down. The messages are concatenated from their fragments; a control frame is not expected. */
const messagesIn = (bytes: Uint8Array): readonly Buffer[] => {
  const messages: Buffer[] = [];
  const view = Buffer.from(bytes);
  let parts: Buffer[] = [];
  for (let at = 0; at < view.length;) {
    const [first, second] = [view[at] ?? 0, view[at + 1] ?? 0];
    const size = second < 126 ? 2 : second === 126 ? 4 : 10;
    const length =
      size === 2
        ? second
        : size === 4
          ? view.readUInt16BE(at + 2)
          : Number(view.readBigUInt64BE(at + 2));
    expect(first & 0x7f).toBe(parts.length === 0 ? 2 : 0);
    parts.push(view.subarray(at + size, at + size + length));
    at += size + length;
    if (first < 128) continue;
    messages.push(Buffer.concat(parts));
    parts = [];
  }
  expect(parts).toEqual([]);
  return messages;
};

const areEqual = (left: readonly Uint8Array[], right: readonly Uint8Array[]): boolean =>
  left.length === right.length &&
  left.every((bytes, index) => Buffer.compare(bytes, right[index] ?? new Uint8Array()) === 0);

const edgeSizes = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
const frame = fc
  .oneof(fc.constantFrom(...edgeSizes), fc.integer({ min: 0, max: 300 }))
  .map((size) => new Uint8Array(size).fill(size % 251, size / 2));

test("joined frames are read as the messages that they are", () => {
  const joiner = createFrameJoiner();
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), (frames) => {
      expect(areEqual(messagesIn(joiner.join(frames)), frames)).toBe(true);
    }),
  );
});

test("the next reader of the same frames gets the same bytes", () => {
  const joiner = createFrameJoiner();
  const frames = [Uint8Array.of(1), Uint8Array.of(2)];

  const first = joiner.join([...frames]);

  expect(joiner.join([...frames])).toBe(first);
  expect(joiner.join(frames.toReversed())).not.toBe(first);
  expect(joiner.join([Uint8Array.of(1), Uint8Array.of(2)])).not.toBe(first);
});

test("fragments are read as one message", () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 5 }), (pieces) => {
      const parts = pieces.flatMap((bytes, index) => [
        fragmentHeader({
          isFirst: index === 0,
          isLast: index === pieces.length - 1,
          byteCount: bytes.length,
        }),
        bytes,
      ]);
      expect(areEqual(messagesIn(Buffer.concat(parts)), [Buffer.concat(pieces)])).toBe(true);
    }),
  );
});
