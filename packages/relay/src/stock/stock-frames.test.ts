import { expect, test } from "vitest";
import { readStockFrame, step2Frame, updateFrame } from "./stock-frames.ts";

test.each([0, 1, 127, 128, 300, 16_383, 16_384])(
  "a change of %i bytes is read as it was written",
  (size) => {
    const update = new Uint8Array(size).fill(7);

    expect(readStockFrame(updateFrame(update))).toEqual([{ kind: "update", update }]);
    expect(readStockFrame(step2Frame(update))).toEqual([{ kind: "step2", update }]);
  },
);

test("a large document is read as it was written", () => {
  const update = new Uint8Array(3_000_000).fill(7);

  const [message] = readStockFrame(step2Frame(update)) ?? [];

  const read = message?.kind === "step2" ? message.update : new Uint8Array();
  expect(Buffer.compare(read, update)).toBe(0);
});

test("all who are answered the same get the same frame", () => {
  const update = new Uint8Array(100);

  const frame = step2Frame(update);

  expect(step2Frame(update)).toBe(frame);
  expect(step2Frame(new Uint8Array(100))).not.toBe(frame);
});
