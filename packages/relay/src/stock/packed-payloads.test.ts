import fc from "fast-check";
import { expect, test } from "vitest";
import { createPackedPayloads } from "./packed-payloads.ts";

const step = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((payload) => ({ kind: "add" as const, payload })),
  fc.nat({ max: 5 }).map((count) => ({ kind: "drop" as const, count })),
);

test("payloads are kept as in a plain list, and what was given out does not change", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const payloads = createPackedPayloads();
      let twin: number[][] = [];
      const given: { list: readonly Uint8Array[]; expected: number[][] }[] = [];
      for (const next of steps) {
        if (next.kind === "add") {
          payloads.add(next.payload);
          twin.push([...next.payload]);
        } else {
          payloads.dropFirst(Math.min(next.count, twin.length));
          twin = twin.slice(Math.min(next.count, twin.length));
        }
        given.push({ list: payloads.list(), expected: [...twin] });
        expect(payloads.count).toBe(twin.length);
        expect(payloads.bytes).toBe(twin.reduce((sum, { length }) => sum + length, 0));
      }
      for (const { list, expected } of given) {
        expect(list.map((bytes) => [...bytes])).toEqual(expected);
      }
    }),
  );
});
