import fc from "fast-check";
import { expect, test } from "vitest";
import { createSendQueue } from "./send-queue.ts";

const frame = fc.uint8Array({ maxLength: 40 });
const step = fc.oneof(
  frame.map((bytes) => ({ kind: "push" as const, bytes })),
  fc
    .integer({ min: 1, max: 16 })
    .map((pieceBytesMax) => ({ kind: "shift" as const, pieceBytesMax })),
  fc.integer({ min: 0, max: 60 }).map((bytesMax) => ({ kind: "shiftWhole" as const, bytesMax })),
);

test("frames come out whole and in order, in pieces no larger than asked for", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = createSendQueue();
      const twin: number[][] = [];
      let isBegun = false;
      const push = (bytes: Uint8Array): unknown[] => {
        queue.push(bytes);
        twin.push([...bytes]);
        return [];
      };
      const shift = (pieceBytesMax: number): unknown[] => {
        const piece = queue.shift(pieceBytesMax);
        const bytes = twin[0]?.splice(0, pieceBytesMax);
        const isLast = twin[0]?.length === 0;
        if (isLast) twin.shift();
        const actual = piece === null ? null : { ...piece, bytes: [...piece.bytes] };
        const isFirst = !isBegun;
        isBegun = bytes !== undefined && !isLast;
        return [actual, bytes === undefined ? null : { bytes, isFirst, isLast }];
      };

      const shiftWhole = (bytesMax: number): unknown[] => {
        const expected: number[][] = [];
        let leftBytes = isBegun ? -1 : bytesMax;
        while ((twin[0]?.length ?? Number.POSITIVE_INFINITY) <= leftBytes) {
          leftBytes -= twin[0]?.length ?? 0;
          expected.push(...twin.splice(0, 1));
        }
        return [queue.shiftWhole(bytesMax).map((bytes) => [...bytes]), expected];
      };
      const act = (next: (typeof steps)[number]): unknown[] => {
        switch (next.kind) {
          case "push":
            return push(next.bytes);
          case "shift":
            return shift(next.pieceBytesMax);
          case "shiftWhole":
            return shiftWhole(next.bytesMax);
        }
      };

      for (const next of steps) {
        const [actual, expected] = act(next);
        expect(actual).toEqual(expected);
        const sizes = twin.map((bytes) => bytes.length);
        expect(queue.isEmpty).toBe(twin.length === 0);
        expect(queue.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
        expect(queue.bytesBehindFirst).toBe(sizes.slice(1).reduce((sum, size) => sum + size, 0));
      }
    }),
  );
});

test("a long queue comes out in order", () => {
  const queue = createSendQueue();
  const count = 5000;
  for (let index = 0; index < count; index += 1) queue.push(Uint8Array.of(index % 256));

  const values = Array.from({ length: count }, () => queue.shift(9)?.bytes[0]);

  expect(values).toEqual(Array.from({ length: count }, (_, index) => index % 256));
  expect(queue.shift(9)).toBeNull();
});

test("a cleared queue is empty", () => {
  const queue = createSendQueue();
  queue.push(new Uint8Array(10));
  queue.shift(3);

  queue.clear();

  expect([queue.isEmpty, queue.bytes, queue.bytesBehindFirst]).toEqual([true, 0, 0]);
  expect(queue.shift(3)).toBeNull();
});
