/** The end of a store, and the next one in the same place. */
import { VALUE_BYTES_MAX } from "@syncline/storage";
import { expect, test } from "vitest";
import type { StoreAdapter, StoreSite } from "./store-site.ts";
import { bytes, everything, keysIn, numbered, put, remove, type WithStore } from "./store-bytes.ts";

/** A store comes to its end. */
export const describeClose = (adapter: StoreAdapter, withStore: WithStore): void => {
  test("close may be called again", () =>
    withStore(async (store) => {
      await Promise.all([store.close(), store.close()]);

      await expect(store.close()).resolves.toBeUndefined();
    }));

  test("a closed store answers nothing", () =>
    withStore(async (store) => {
      const closed = { code: "CLOSED" };

      const closing = store.close();

      await expect(store.write([])).rejects.toMatchObject(closed);
      await closing;
      await expect(store.write([put(bytes(1), bytes(1))])).rejects.toMatchObject(closed);
      await expect(store.get(bytes(1))).rejects.toMatchObject(closed);
      await expect(store.range(everything)).rejects.toMatchObject(closed);
    }));

  test("close waits for the writes under way", async () => {
    const site = await adapter.makeSite();
    const store = await site.open();
    let writtenCount = 0;
    for (let number = 0; number < 20; number += 1) {
      void store.write([put(numbered(number), bytes(1))]).then(() => (writtenCount += 1));
    }

    await store.close();

    expect(writtenCount).toBe(20);
    await site.remove();
  });
};

/** The next store has what the one before had. */
export const describeReopening = (adapter: StoreAdapter): void => {
  test("a store opened again has everything", async () => {
    const site = await adapter.makeSite();
    const first = await site.open();
    const large = new Uint8Array(300_000).fill(3);
    await first.write([put(bytes(), bytes(1)), put(bytes(255), large), put(bytes(4), bytes())]);
    await first.write([remove(bytes(4))]);
    await first.close();

    const second = await site.open();

    expect(await keysIn(second)).toEqual([[], [255]]);
    expect(Buffer.compare((await second.get(bytes(255)))!, large)).toBe(0);
    await second.close();
    await site.remove();
  });

  test("a store opened and closed often has everything", async () => {
    const site = await adapter.makeSite();
    for (let number = 0; number < 20; number += 1) {
      const store = await site.open();
      expect(await keysIn(store)).toHaveLength(number);
      await store.write([put(numbered(number), bytes(1))]);
      await store.close();
    }
    await site.remove();
  });
};

/** A disk refuses. */
export const describeFailure = (makeSmallSite: () => Promise<StoreSite>): void => {
  test("a failed write ends all writing, with one error, and takes nothing back", async () => {
    const site = await makeSmallSite();
    const store = await site.open();
    await store.write([put(bytes(1), bytes(1))]);

    const failed = store.write([put(bytes(2), new Uint8Array(VALUE_BYTES_MAX))]);
    const behind = store.write([put(bytes(3), bytes(3))]);
    const error: unknown = await failed.catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: "STORAGE_FAILED", cause: expect.anything() });
    await expect(behind).rejects.toBe(error);
    await expect(store.write([put(bytes(4), bytes(4))])).rejects.toBe(error);
    await expect(store.write([])).rejects.toBe(error);
    expect(await store.range(everything)).toEqual([{ key: bytes(1), value: bytes(1) }]);

    await store.close();
    const again = await site.open();
    expect(await again.range(everything)).toEqual([{ key: bytes(1), value: bytes(1) }]);
    await again.write([put(bytes(5), bytes(5))]);
    expect(await keysIn(again)).toEqual([[1], [5]]);
    await again.close();
    await site.remove();
  });
};
