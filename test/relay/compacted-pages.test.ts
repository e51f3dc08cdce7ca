/** Pages that were kept for the next who asks, and a document that is merged anew meanwhile. */
import { expect, test } from "vitest";
import * as Y from "yjs";
import { startMemoryHost, visit, type Visitor } from "./memory-host.ts";
import { untilTrue } from "./wire-client.ts";

/** Merges after four entries, and keeps none of them in memory, so that who joins is caught up from the disk. */
const limits = { compactAfterEntries: 4, compactEntriesMin: 1, recentBytesMax: 1 };
/** Larger than the smallest page that is kept. */
const wordBytes = 8 * 1024;

/** What a newcomer was told, as one document. */
const textOf = ({ heard }: Visitor): string => {
  const doc = new Y.Doc();
  for (const said of heard) {
    if (said.kind !== "group") continue;
    for (const batch of [...said.states, ...said.entries.map((entry) => entry.batch)]) {
      if (batch !== null) Y.applyUpdate(doc, batch.payload);
    }
  }
  return doc.getText("body").toJSON();
};

// The merged state that stood there before was given to newcomers, without all that had been merged into the next one.
test("a newcomer gets a document as it was merged last, not a page that was kept before", async () => {
  const { host, pages } = await startMemoryHost(limits);
  const author = await visit(host, "author");
  const doc = new Y.Doc();
  let writtenCount = 0;
  doc.on("update", (update: Uint8Array) => {
    writtenCount += 1;
    author.write(writtenCount, update);
  });
  const isMerged = (): boolean => {
    const state = host.find("room")?.home?.state;
    if (state === undefined || state.compaction !== null || state.entryCount > 0) return false;
    return [...state.durable.values()].join() === String(writtenCount);
  };
  const texts: string[] = [];

  for (const round of ["one", "two", "three"]) {
    for (const letter of "abcd") {
      doc.getText("body").insert(0, letter.repeat(wordBytes));
    }
    await untilTrue(isMerged);
    const newcomer = await visit(host, round);
    await untilTrue(() => newcomer.heard.some((said) => said.kind === "group" && said.isLast));
    expect(pages.bytes, "bytes of pages that are kept").toBeGreaterThan(4 * wordBytes);
    texts.push(textOf(newcomer));
  }

  host.close();
  const whole = doc.getText("body").toJSON();
  expect(texts.map((text) => text.length / wordBytes)).toEqual([4, 8, 12]);
  expect(texts.map((text) => whole.endsWith(text))).toEqual([true, true, true]);
});
