/** What a store is asked for, and what it answers. */
import { expect, test } from "vitest";
import { bytes, everything, keysIn, numbered, put, remove, type WithStore } from "./store-bytes.ts";

/** What was put is there. */
export const describeRows = (withStore: WithStore): void => {
  test("a new store is empty", () =>
    withStore(async (store) => {
      expect(await store.range(everything)).toEqual([]);
      expect(await store.get(bytes(1))).toBeNull();
    }));

  test("what was put is there", () =>
    withStore(async (store) => {
      await store.write([put(bytes(1), bytes(2, 3))]);

      expect(await store.get(bytes(1))).toEqual(bytes(2, 3));
    }));

  test("a put replaces what was there", () =>
    withStore(async (store) => {
      await store.write([put(bytes(1), bytes(2, 3, 4))]);
      await store.write([put(bytes(1), bytes(5))]);

      expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes(5) }]);
    }));

  test("what was deleted is gone", () =>
    withStore(async (store) => {
      await store.write([put(bytes(1), bytes(2)), put(bytes(3), bytes(4))]);
      await store.write([remove(bytes(1))]);

      expect(await store.get(bytes(1))).toBeNull();
      expect(await keysIn(store)).toEqual([[3]]);
    }));

  test("to delete what is not there is no error", () =>
    withStore(async (store) => {
      await expect(store.write([remove(bytes(1))])).resolves.toBeUndefined();
    }));

  test("the writes of a call are applied in order", () =>
    withStore(async (store) => {
      await store.write([
        put(bytes(1), bytes(1)),
        put(bytes(1), bytes(2)),
        put(bytes(2), bytes(1)),
        remove(bytes(2)),
        remove(bytes(3)),
        put(bytes(3), bytes(3)),
      ]);

      expect(await store.range(everything)).toEqual([
        { key: bytes(1), value: bytes(2) },
        { key: bytes(3), value: bytes(3) },
      ]);
    }));

  test("an empty key is a key like others", () =>
    withStore(async (store) => {
      await store.write([put(bytes(), bytes(7)), put(bytes(0), bytes(8))]);

      expect(await store.get(bytes())).toEqual(bytes(7));
      expect(await keysIn(store)).toEqual([[], [0]]);
    }));

  test("an empty value is not a missing one", () =>
    withStore(async (store) => {
      await store.write([put(bytes(1), bytes())]);

      expect(await store.get(bytes(1))).toEqual(bytes());
      expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes() }]);
    }));
};

/** A range has the rows that were asked for, in order. */
export const describeRange = (withStore: WithStore): void => {
  test("keys ascend bytewise, a prefix first", () =>
    withStore(async (store) => {
      const ascending = [
        [],
        [0],
        [0, 0],
        [0, 255],
        [1],
        [127, 255, 255],
        [128],
        [254, 255],
        [255],
        [255, 0],
        [255, 255],
        [255, 255, 0],
      ];
      await store.write(ascending.toReversed().map((key) => put(bytes(...key), bytes(1))));

      expect(await keysIn(store)).toEqual(ascending);
    }));

  test("the first key of a range is in, the last is out", () =>
    withStore(async (store) => {
      await store.write([1, 2, 3, 4].map((number) => put(bytes(number), bytes())));

      expect(await keysIn(store, { fromKey: bytes(2), toKey: bytes(4) })).toEqual([[2], [3]]);
      expect(await keysIn(store, { fromKey: bytes(1, 0), toKey: bytes(3, 0) })).toEqual([[2], [3]]);
    }));

  test.each([
    [bytes(2), bytes(2)],
    [bytes(3), bytes(1)],
    [bytes(1, 1), bytes(1, 2)],
    [bytes(9), bytes(10)],
  ])("the range from %j to %j is empty", (fromKey, toKey) =>
    withStore(async (store) => {
      await store.write([1, 2, 3].map((number) => put(bytes(number), bytes())));

      expect(await keysIn(store, { fromKey, toKey })).toEqual([]);
    }),
  );

  test("a range has no more rows than asked for", () =>
    withStore(async (store) => {
      await store.write([1, 2, 3].map((number) => put(bytes(number), bytes(number))));

      expect(await keysIn(store, { rowsMax: 0 })).toEqual([]);
      expect(await keysIn(store, { rowsMax: 2 })).toEqual([[1], [2]]);
      expect(await keysIn(store, { rowsMax: Number.POSITIVE_INFINITY })).toHaveLength(3);
    }));

  test("a range ends with the row that brings its bytes to the limit", () =>
    withStore(async (store) => {
      // Rows of 10 bytes: 2 of the key and 8 of the value.
      await store.write([1, 2, 3].map((number) => put(numbered(number), new Uint8Array(8))));

      expect(await keysIn(store, { bytesMax: 0 })).toHaveLength(1);
      expect(await keysIn(store, { bytesMax: 10 })).toHaveLength(1);
      expect(await keysIn(store, { bytesMax: 11 })).toHaveLength(2);
      expect(await keysIn(store, { bytesMax: Number.POSITIVE_INFINITY })).toHaveLength(3);
    }));

  test("pages that begin behind the last key have every row once", () =>
    withStore(async (store) => {
      const numbers = Array.from({ length: 1000 }, (_, index) => index);
      await store.write(numbers.map((number) => put(numbered(number), bytes(number & 255))));
      const found: number[] = [];

      for (let fromKey = bytes(); ;) {
        const rows = await store.range({ ...everything, fromKey, rowsMax: 64 });
        found.push(...rows.map(({ key: [high = 0, low = 0] }) => high * 256 + low));
        const last = rows.at(-1);
        if (last === undefined) break;
        fromKey = bytes(...last.key, 0);
      }

      expect(found).toEqual(numbers);
    }));
};

/** Bytes are copied, and are kept whatever their number. */
export const describeBytes = (withStore: WithStore): void => {
  test("bytes changed once the call has resolved are stored as they were", () =>
    withStore(async (store) => {
      const key = bytes(1);
      const value = bytes(2);

      await store.write([put(key, value)]);
      key[0] = 9;
      value[0] = 9;

      expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes(2) }]);
    }));

  test("a part of a larger buffer is stored, not the whole", () =>
    withStore(async (store) => {
      const pool = Buffer.from([9, 1, 9, 2, 3, 9]);

      await store.write([put(pool.subarray(1, 2), pool.subarray(3, 5))]);

      expect(await store.get(pool.subarray(1, 2))).toEqual(bytes(2, 3));
      expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes(2, 3) }]);
    }));

  test("bytes given out may be changed", () =>
    withStore(async (store) => {
      await store.write([put(bytes(1), bytes(2))]);

      (await store.get(bytes(1)))?.fill(9);
      for (const row of await store.range(everything)) {
        row.key.fill(9);
        row.value.fill(9);
      }

      expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes(2) }]);
    }));

  test("values of every size keep their bytes", () =>
    withStore(async (store) => {
      const sizes = [1, 2000, 2020, 2040, 4064, 4072, 4080, 4096, 20_000, 66_000, 1_000_000];
      const valueOf = (size: number): Uint8Array =>
        Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 255);
      await store.write(sizes.map((size, index) => put(bytes(index), valueOf(size))));

      for (const [index, { value }] of (await store.range(everything)).entries()) {
        expect(Buffer.compare(value, valueOf(sizes[index]!))).toBe(0);
        expect(Buffer.compare((await store.get(bytes(index)))!, value)).toBe(0);
      }
    }));
};
