/** A space that is opened again while what it wrote before is on its way to the disk, or while nobody needs it open. */
import type { HomeRecord } from "@syncline/gossip";
import type { Store } from "@syncline/storage";
import { openMemoryStore } from "@syncline/storage/memory";
import { expect, test } from "vitest";
import { openDirectory } from "../../packages/relay/src/directory.ts";
import { openSpaceJournal } from "../../packages/relay/src/space-journal.ts";

/** A store whose writes take a moment. */
const slowStore = (): Store => {
  const store = openMemoryStore();
  return {
    ...store,
    write: async (writes) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await store.write(writes);
    },
  };
};

const head = (number: number): HomeRecord => ({
  kind: "head",
  vector: new Map([["00000000000000a1", number]]),
  entryCount: number,
  entryBytes: 0,
  nextPart: 1,
});

test("a journal that is opened anew has what the one before had asked for", async () => {
  const directory = await openDirectory(slowStore(), false);
  const before = await openSpaceJournal(directory, "space", (answers) => answers());
  before.append([head(1)], () => {});
  before.append([head(2)], () => {});

  const after = await openSpaceJournal(directory, "space", (answers) => answers());

  expect(after.records).toEqual([head(2)]);
});

test("a space that is marked for a newcomer can take the mark away", async () => {
  const directory = await openDirectory(openMemoryStore(), false);
  const before = await openSpaceJournal(directory, "space", (answers) => answers());
  await new Promise((resolve) => before.append([head(1)], resolve));
  expect(await directory.markAll()).toBe(1);

  const { records } = await openSpaceJournal(directory, "space", (answers) => answers());

  expect(records).toContainEqual({ kind: "unsettled", isUnsettled: true });
});
