import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecentRows } from "./recent-rows.ts";

/** Short keys of few characters, so that many are prefixes of others, and some on either side of where rows are divided. */
const key = fc
  .array(fc.constantFrom("\0", "a", "b", "\xff"), { maxLength: 9 })
  .map((characters) => characters.join(""));
const row = fc.tuple(key, fc.option(fc.nat(255).map((byte) => Uint8Array.of(byte))));

test("rows are found as in a plain sorted list", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 5 }),
      fc.array(fc.tuple(key, key), { maxLength: 8 }),
      (groups, ranges) => {
        const rows = createRecentRows();
        const twin = new Map<string, Uint8Array | null>();
        const sorted = (): [string, Uint8Array | null][] =>
          [...twin].toSorted(([left], [right]) => (left < right ? -1 : 1));
        for (const group of groups) {
          rows.take(group);
          for (const [text, value] of group) twin.set(text, value);
          // Between two groups, so that a new key is seen although its neighbours were sorted before.
          expect(rows.all()).toEqual(sorted());
        }

        expect(rows.size).toBe(twin.size);
        for (const [fromKey, toKey] of ranges) {
          const expected = sorted().filter(([text]) => text >= fromKey && text < toKey);
          expect(rows.range(fromKey, toKey)).toEqual(expected);
          expect(rows.get(fromKey)).toBe(twin.get(fromKey));
        }
      },
    ),
  );
});
