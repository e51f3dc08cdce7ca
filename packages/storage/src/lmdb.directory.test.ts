/** What an LMDB store does with the directory that it is given. */
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLmdbStore } from "./lmdb.ts";

const key = Uint8Array.of(1);
const write = [{ kind: "put", key, value: Uint8Array.of(2) }] as const;

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "syncline-directory-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const makeStore = async (directory: string): Promise<void> => {
  const store = await openLmdbStore(directory);
  await store.write(write);
  await store.close();
};

/** Everything that can be told of the files in a directory: names, contents, times. */
const pictureOf = async (directory: string): Promise<unknown> => {
  const names = (await readdir(directory, { recursive: true })).toSorted();
  return Promise.all(
    ["", ...names].map(async (name) => {
      const path = join(directory, name);
      const status = await stat(path, { bigint: true });
      const content = status.isFile() ? await readFile(path, "hex") : "";
      return { name, content, mtime: `${status.mtimeNs}`, ctime: `${status.ctimeNs}` };
    }),
  );
};

/** What an open that fails says, and whether it left everything as it was. */
const refusalOf = async (directory: string): Promise<unknown> => {
  const before = await pictureOf(directory);
  const code = await openLmdbStore(directory).then(
    () => "opened",
    (error: { readonly code: string }) => error.code,
  );
  const after = await pictureOf(directory);
  return { code, isUntouched: JSON.stringify(after) === JSON.stringify(before) };
};

describe("a directory", () => {
  test("is made with its parents", () =>
    inFolder(async (folder) => {
      await makeStore(join(folder, "a/b/c"));

      expect((await readdir(join(folder, "a/b/c"))).toSorted()).toEqual([
        "data.mdb",
        "data.mdb-lock",
        "format.json",
        "lock",
        "log-0",
        "log-1",
      ]);
    }));

  test.each([
    ["that is empty", async () => undefined],
    [
      "that is a file system of its own",
      (directory: string) => mkdir(join(directory, "lost+found")),
    ],
    [
      "in which an open ended before anything was written",
      (directory: string) => writeFile(join(directory, "lock"), ""),
    ],
    [
      "in which an open ended while the format was written",
      (directory: string) => writeFile(join(directory, "format.json.new"), '{"form'),
    ],
    [
      "in which an open ended while the data file was made",
      async (directory: string) => {
        const format = { format: "syncline-storage", version: 1, state: "creating" };
        await writeFile(join(directory, "format.json"), JSON.stringify(format));
        await writeFile(join(directory, "data.mdb"), "half of a page");
      },
    ],
  ])("%s becomes a store", (_kind, prepare) =>
    inFolder(async (directory) => {
      await prepare(directory);

      await makeStore(directory);

      const store = await openLmdbStore(directory);
      expect(await store.get(key)).toEqual(Uint8Array.of(2));
      await store.close();
    }),
  );

  test.each([
    ["with a file of somebody's", "notes.txt", "mine"],
    ["with a lock of somebody's", "lock", "4711"],
    ["with a data file and no format", "data.mdb", "mine"],
    ["with a format that is no JSON", "format.json", "mine"],
    ["with a format that is nothing", "format.json", "null"],
    ["with a format of somebody's", "format.json", '{"format":"prose","version":1}'],
    ["with a format without end", "format.json", `{"format":"syncline-storage"${" ".repeat(1e6)}}`],
    ["of version 0", "format.json", '{"format":"syncline-storage","version":0,"state":"ready"}'],
    ["of version 2", "format.json", '{"format":"syncline-storage","version":2,"state":"ready"}'],
    [
      "in a state of a later version",
      "format.json",
      '{"format":"syncline-storage","version":1,"state":"moving"}',
    ],
  ])("%s is refused and left as it was", (_kind, name, content) =>
    inFolder(async (directory) => {
      await writeFile(join(directory, name), content);

      expect(await refusalOf(directory)).toEqual({ code: "STORAGE_FORMAT", isUntouched: true });
    }),
  );

  test("with another version's data is left as it was", () =>
    inFolder(async (directory) => {
      await makeStore(directory);
      const file = join(directory, "format.json");
      await writeFile(file, (await readFile(file, "utf8")).replace("1", "2"));

      expect(await refusalOf(directory)).toEqual({ code: "STORAGE_FORMAT", isUntouched: true });
    }));

  test.each([
    ["missing", (file: string) => rm(file)],
    ["empty", (file: string) => writeFile(file, "")],
    ["something else", (file: string) => writeFile(file, Buffer.alloc(100_000, "text"))],
    ["cut off within its first two pages", (file: string) => truncate(file, 5000)],
  ])("whose data file is %s is refused", (_what, spoil) =>
    inFolder(async (directory) => {
      await makeStore(directory);
      await spoil(join(directory, "data.mdb"));
      const before = await readdir(directory);

      const refused = { code: "STORAGE_CORRUPT" };
      await expect(openLmdbStore(directory)).rejects.toMatchObject(refused);
      await expect(openLmdbStore(directory)).rejects.toMatchObject(refused);
      expect(await readdir(directory)).toEqual(before);
    }),
  );

  test("that is a file is refused", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "mine");

      await expect(openLmdbStore(join(folder, "file"))).rejects.toMatchObject({
        code: "STORAGE_FAILED",
      });
      await expect(openLmdbStore(join(folder, "file/below"))).rejects.toMatchObject({
        code: "STORAGE_FAILED",
      });
    }));
});

describe("the owner", () => {
  test("is the only one in its process", () =>
    inFolder(async (directory) => {
      const store = await openLmdbStore(directory);

      await expect(openLmdbStore(directory)).rejects.toMatchObject({ code: "STORAGE_IN_USE" });

      await store.write(write);
      await store.close();
    }));

  test("is the only one by any name of the directory", () =>
    inFolder(async (folder) => {
      const store = await openLmdbStore(join(folder, "data"));
      await symlink(join(folder, "data"), join(folder, "other-name"), "junction");

      const refused = { code: "STORAGE_IN_USE" };
      await expect(openLmdbStore(join(folder, "other-name"))).rejects.toMatchObject(refused);

      await store.close();
    }));

  test("is one of many who come at once", () =>
    inFolder(async (directory) => {
      const opened = await Promise.allSettled(
        Array.from({ length: 8 }, () => openLmdbStore(directory)),
      );

      const stores = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const codes = opened.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
      expect(stores).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(["STORAGE_IN_USE"]));
      await stores[0]!.close();
    }));

  test("lets the next one in when it closes", () =>
    inFolder(async (directory) => {
      await makeStore(directory);

      await expect(makeStore(directory)).resolves.toBeUndefined();
    }));

  test("lets the next one in when it cannot open", () =>
    inFolder(async (directory) => {
      await makeStore(directory);
      await rename(join(directory, "data.mdb"), join(directory, "away"));
      await expect(openLmdbStore(directory)).rejects.toMatchObject({ code: "STORAGE_CORRUPT" });
      await rename(join(directory, "away"), join(directory, "data.mdb"));

      await expect(makeStore(directory)).resolves.toBeUndefined();
    }));
});

describe("a copy", () => {
  const isCopy = async (directory: string): Promise<boolean> => {
    const store = await openLmdbStore(directory);
    await store.close();
    return store.isCopy;
  };

  test("is not what was just made", () =>
    inFolder(async (directory) => {
      expect(await isCopy(directory)).toBe(false);
      expect(await isCopy(directory)).toBe(false);
    }));

  test("is not what was moved", () =>
    inFolder(async (folder) => {
      await makeStore(join(folder, "old-name"));
      await rename(join(folder, "old-name"), join(folder, "new-name"));

      expect(await isCopy(join(folder, "new-name"))).toBe(false);
    }));

  test.each([true, false])("is noticed (times kept: %s), the original not", (preserveTimestamps) =>
    inFolder(async (folder) => {
      await makeStore(join(folder, "data"));
      await cp(join(folder, "data"), join(folder, "copy"), { recursive: true, preserveTimestamps });

      expect(await isCopy(join(folder, "copy"))).toBe(true);
      expect(await isCopy(join(folder, "data"))).toBe(false);
    }),
  );

  test("is noticed when it takes the place of the original", () =>
    inFolder(async (folder) => {
      await makeStore(join(folder, "data"));
      await cp(join(folder, "data"), join(folder, "backup"), { recursive: true });
      await rm(join(folder, "data"), { recursive: true });
      await cp(join(folder, "backup"), join(folder, "data"), { recursive: true });

      expect(await isCopy(join(folder, "data"))).toBe(true);
    }));

  test("is noticed when only the data file is one", () =>
    inFolder(async (directory) => {
      await makeStore(directory);
      await cp(join(directory, "data.mdb"), join(directory, "older"));
      await rename(join(directory, "older"), join(directory, "data.mdb"));

      expect(await isCopy(directory)).toBe(true);
    }));

  test("is noticed at every open until something is written", () =>
    inFolder(async (folder) => {
      await makeStore(join(folder, "data"));
      await cp(join(folder, "data"), join(folder, "copy"), { recursive: true });
      expect(await isCopy(join(folder, "copy"))).toBe(true);

      const store = await openLmdbStore(join(folder, "copy"));
      expect(store.isCopy).toBe(true);
      await store.write([]);
      await store.close();
      expect(await isCopy(join(folder, "copy"))).toBe(true);

      await makeStore(join(folder, "copy"));
      expect(await isCopy(join(folder, "copy"))).toBe(false);
    }));

  test("that is written onto the file itself is not noticed", () =>
    inFolder(async (directory) => {
      await makeStore(directory);
      const file = join(directory, "data.mdb");
      const older = await readFile(file);
      await makeStore(directory);
      await writeFile(file, older, { flag: "r+" });

      expect(await isCopy(directory)).toBe(false);
    }));
});
