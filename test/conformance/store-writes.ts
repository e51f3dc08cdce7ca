/** What a store is told: whole calls, in order, within limits. */
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "@syncline/storage";
import { expect, test } from "vitest";
import {
  behindAll,
  bytes,
  everything,
  keysIn,
  numbered,
  put,
  remove,
  type WithStore,
} from "./store-bytes.ts";

/** What is too large is refused. */
export const describeLimits = (withStore: WithStore): void => {
  test(
    "a key and a value at the limit are stored",
    () =>
      withStore(async (store) => {
        const value = new Uint8Array(VALUE_BYTES_MAX).fill(7);
        await store.write([put(behindAll, value)]);

        expect(Buffer.compare((await store.get(behindAll))!, value)).toBe(0);
        expect(await keysIn(store, { toKey: behindAll })).toEqual([]);
      }),
    30_000,
  );

  test.each([
    ["a key", put(new Uint8Array(KEY_BYTES_MAX + 1), bytes())],
    ["a deleted key", remove(new Uint8Array(KEY_BYTES_MAX + 1))],
    ["a value", put(bytes(1), new Uint8Array(VALUE_BYTES_MAX + 1))],
  ])("%s over the limit is refused with its whole call", (_what, tooLarge) =>
    withStore(async (store) => {
      const refused = store.write([put(bytes(1), bytes(1)), tooLarge]);

      await expect(refused).rejects.toMatchObject({ code: "TOO_LARGE" });
      await store.write([put(bytes(2), bytes(2))]);
      expect(await keysIn(store)).toEqual([[2]]);
    }),
  );

  test("a key over the limit is not looked for", () =>
    withStore(async (store) => {
      const key = new Uint8Array(KEY_BYTES_MAX + 1);

      await expect(store.get(key)).rejects.toMatchObject({ code: "TOO_LARGE" });
      await expect(keysIn(store, { fromKey: key })).rejects.toMatchObject({ code: "TOO_LARGE" });
      await expect(keysIn(store, { toKey: key })).rejects.toMatchObject({ code: "TOO_LARGE" });
    }));
};

/** Calls are whole, and in order. */
export const describeWrites = (withStore: WithStore): void => {
  test("calls resolve in the order in which they were made", () =>
    withStore(async (store) => {
      const resolved: number[] = [];
      const call = async (number: number): Promise<void> => {
        await store.write(number % 5 === 0 ? [] : [put(bytes(1), numbered(number))]);
        resolved.push(number);
      };
      const numbers = Array.from({ length: 200 }, (_, index) => index);

      await Promise.all(numbers.map(call));

      expect(resolved).toEqual(numbers);
      expect(await store.get(bytes(1))).toEqual(numbered(199));
    }));

  test("an empty call resolves after the calls before it", () =>
    withStore(async (store) => {
      void store.write([put(bytes(1), bytes(1))]);

      await store.write([]);

      expect(await store.get(bytes(1))).toEqual(bytes(1));
    }));

  test("no reader ever sees a part of a call", () =>
    withStore(async (store) => {
      const numbers = Array.from({ length: 500 }, (_, index) => index);
      const counts = new Set<number>();
      let isWritten = false;
      const isOver = async (): Promise<void> => {
        for (const value of [bytes(1), bytes(2), null]) {
          const writes = numbers.map((number) =>
            value === null ? remove(numbered(number)) : put(numbered(number), value),
          );
          await store.write(writes);
        }
        isWritten = true;
      };

      const writing = isOver();
      while (!isWritten) {
        const rows = await store.range(everything);
        counts.add(rows.length);
        expect(new Set(rows.map(({ value }) => value[0])).size).toBeLessThan(2);
        await new Promise(setImmediate);
      }
      await writing;

      expect([...counts].filter((count) => count !== 0 && count !== numbers.length)).toEqual([]);
    }));
};
