import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRecord } from "./log-record.ts";
import { createRecentRows, type RecentRows } from "./recent-rows.ts";
import type { Write } from "./store.ts";

/** Short keys of few characters, so that many are prefixes of others, and some on either side of where rows are divided. */
const key = fc
  .array(fc.constantFrom("\0", "a", "b", "\xff"), { maxLength: 9 })
  .map((characters) => characters.join(""));
const row = fc.tuple(key, fc.option(fc.nat(255).map((byte) => Uint8Array.of(byte))));

const id = new Uint8Array(8);

const writeOf = ([text, value]: readonly [string, Uint8Array | null]): Write => {
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  return value === null ? { kind: "delete", key: bytes } : { kind: "put", key: bytes, value };
};

const plain = (value: Uint8Array | null | undefined): Uint8Array | null | undefined =>
  value instanceof Uint8Array ? new Uint8Array(value) : value;

const allOf = (rows: RecentRows): [string, unknown][] => {
  const sorted = rows.sorted();
  return Array.from({ length: sorted.count }, (_, index) => {
    const { key: bytes, value } = sorted.at(index);
    return [Buffer.from(bytes).toString("latin1"), plain(value)];
  });
};

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
          rows.take(encodeRecord({ id, sequence: 1 }, group.map(writeOf)));
          for (const [text, value] of group) twin.set(text, value);
          // Between two groups, so that a new key is seen although its neighbours were sorted before.
          expect(allOf(rows)).toEqual(sorted());
          expect(rows.range("", "\u0100").map(([text, value]) => [text, plain(value)])).toEqual(
            sorted(),
          );
        }

        expect(rows.rowCount).toBe(groups.flat().length);
        for (const [fromKey, toKey] of ranges) {
          const expected = sorted().filter(([text]) => text >= fromKey && text < toKey);
          const found = rows.range(fromKey, toKey).map(([text, value]) => [text, plain(value)]);
          expect(found).toEqual(expected);
          expect(plain(rows.get(fromKey))).toEqual(twin.get(fromKey));
        }
      },
    ),
  );
});
