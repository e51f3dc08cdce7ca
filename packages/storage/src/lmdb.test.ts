/** What only the LMDB store does with rows; what every store does is in the conformance suite. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from "./lmdb.ts";
import type { Write } from "./store.ts";

const put = (key: string, value: string): Write => ({
  kind: "put",
  key: Buffer.from(key),
  value: Buffer.from(value),
});
const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();
const everything = {
  fromKey: Uint8Array.of(),
  toKey: Uint8Array.of(255),
  rowsMax: 1e6,
  bytesMax: 1e9,
};

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "syncline-lmdb-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const withStore = async (
  directory: string,
  use: (store: LmdbStore) => Promise<void>,
  options?: LmdbStoreOptions,
): Promise<void> => {
  const store = await openLmdbStore(directory, options);
  try {
    await use(store);
  } finally {
    await store.close();
  }
};

/** Turns one bit of the place where the data file has this text last. */
const damage = async (directory: string, found: string, offset: number): Promise<void> => {
  const file = join(directory, "data.mdb");
  const content = await readFile(file);
  const index = content.lastIndexOf(found) + offset;
  content[index] = content[index]! ^ 1;
  await writeFile(file, content, { flag: "r+" });
};

describe("damage", () => {
  const rows = [put("key-1", "value-1"), put("key-2", "value-2"), put("key-3", "value-3")];

  test("of a value is told with its key, and spares the others", () =>
    inFolder(async (directory) => {
      await withStore(directory, (store) => store.write(rows));
      await damage(directory, "value-2", 3);

      await withStore(directory, async (store) => {
        const told = {
          code: "STORAGE_CORRUPT",
          message: expect.stringContaining(Buffer.from("key-2").toString("hex")),
        };
        await expect(store.get(Buffer.from("key-2"))).rejects.toMatchObject(told);
        await expect(store.range(everything)).rejects.toMatchObject(told);
        expect(text(await store.get(Buffer.from("key-1")))).toBe("value-1");
        expect(text(await store.get(Buffer.from("key-3")))).toBe("value-3");
      });
    }));

  test.each([0, 4])("of a key (at byte %i) does not make its row a missing one", (offset) =>
    inFolder(async (directory) => {
      await withStore(directory, (store) => store.write(rows));
      await damage(directory, "key-2", offset);

      await withStore(directory, async (store) => {
        const told = { code: "STORAGE_CORRUPT" };
        await expect(store.get(Buffer.from("key-2"))).rejects.toMatchObject(told);
        await expect(store.range(everything)).rejects.toMatchObject(told);
      });
    }),
  );

  test("of a key that is now beyond the range does not end the range", () =>
    inFolder(async (directory) => {
      await withStore(directory, (store) => store.write(rows));
      // The prefix of the second key: the row seems to belong to nobody.
      await damage(directory, "key-2", -1);

      await withStore(directory, async (store) => {
        const query = { ...everything, toKey: Buffer.from("key-9") };
        await expect(store.range(query)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
      });
    }));

  test("of a key on a page above misleads no search", () =>
    inFolder(async (directory) => {
      const keyOf = (number: number): string => `key-${String(number).padStart(5, "0")}`;
      const numbers = Array.from({ length: 1000 }, (_, index) => index);
      const value = "x".repeat(50);
      await withStore(directory, (store) =>
        store.write(numbers.map((number) => put(keyOf(number), value))),
      );
      const file = join(directory, "data.mdb");
      const pages = await readFile(file);
      // The first digit that differs of the first key that leads to another page; in the pages that were left behind as well.
      for (const branch of branchPagesOf(pages)) {
        const keyIndex = pages.indexOf("key-00", branch) + "key-0".length;
        pages[keyIndex] = pages[keyIndex]! ^ 1;
      }
      await writeFile(file, pages, { flag: "r+" });

      await withStore(directory, async (store) => {
        const codes = new Set<unknown>();
        for (const number of numbers) {
          const found = store.get(Buffer.from(keyOf(number)));
          codes.add(await found.then(text, (error: { code: string }) => error.code));
        }
        expect(codes).toEqual(new Set([value, "STORAGE_CORRUPT"]));
      });
    }));

  test("of the file's length is told", () =>
    inFolder(async (directory) => {
      const large = Buffer.alloc(1_000_000, 1);
      await withStore(directory, (store) =>
        store.write([...rows, { kind: "put", key: Buffer.from("large"), value: large }]),
      );
      const file = join(directory, "data.mdb");
      await writeFile(file, (await readFile(file)).subarray(0, 500_000));

      await withStore(directory, async (store) => {
        const told = { code: "STORAGE_CORRUPT" };
        await expect(store.get(Buffer.from("large"))).rejects.toMatchObject(told);
        expect(text(await store.get(Buffer.from("key-1")))).toBe("value-1");
      });
    }));
});

/** Where the pages of the tree that lead to others begin, in LMDB's layout: flags at byte 18, 1 for a branch. */
const branchPagesOf = (pages: Buffer): readonly number[] => {
  const offsets: number[] = [];
  for (let offset = 8192; offset < pages.length; offset += 4096) {
    if (pages.readUInt16LE(offset + 18) === 1) offsets.push(offset);
  }
  return offsets;
};

describe("the address space", () => {
  test("grows with the data, under readers", () =>
    inFolder(async (directory) => {
      const valueOf = (number: number): Buffer => Buffer.alloc(100_000, number);
      const count = 200;
      const options = { mapSizeBytes: 2 ** 20 };

      await withStore(
        directory,
        async (store) => {
          for (let number = 0; number < count; number += 1) {
            const key = Uint8Array.of(number);
            await store.write([{ kind: "put", key, value: valueOf(number) }]);
            const earlier = Uint8Array.of(number >> 1);
            expect(valueOf(number >> 1).equals((await store.get(earlier))!)).toBe(true);
          }
        },
        options,
      );

      await withStore(
        directory,
        async (store) => {
          expect(await store.range(everything)).toHaveLength(count);
        },
        options,
      );
    }));

  test.each([0, 2 ** 20 - 1, 2 ** 20 + 0.5, 2 ** 44 + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    "cannot be %d bytes",
    (mapSizeBytes) =>
      inFolder(async (directory) => {
        await expect(openLmdbStore(directory, { mapSizeBytes })).rejects.toMatchObject({
          code: "BAD_CONFIG",
        });
      }),
  );
});
