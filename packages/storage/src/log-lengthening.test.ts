/** Records beside a file of the log that gets longer in a pause: on a real disk, where one write can be made to take its time. */
import type * as FileSystem from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openLmdbStore } from "./lmdb.ts";

/** As much as a file gets longer by at a time; no record here has as many bytes. */
const pieceBytes = 256 * 1024;

const disk = vi.hoisted(() => ({
  /** Where the last record went. */
  recordDescriptor: -1,
  /** Whether the next piece of that file waits until it is let go. */
  isHolding: false,
  letGo: null as (() => void) | null,
}));

// Each write is over within one turn, so that turns can be counted instead of time.
vi.mock("node:fs", async (importOriginal) => {
  const actual = await importOriginal<typeof FileSystem>();
  type Done = (error: Error | null, count: number) => void;
  const write = (
    descriptor: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: Done,
  ): void => {
    const perform = (): void => {
      const count = actual.writeSync(descriptor, bytes, offset, length, position);
      setImmediate(() => done(null, count));
    };
    if (length !== pieceBytes) disk.recordDescriptor = descriptor;
    else if (disk.isHolding && descriptor === disk.recordDescriptor) {
      disk.isHolding = false;
      disk.letGo = perform;
      return;
    }
    perform();
  };
  return { ...actual, write };
});

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

// Both made the file longer at the same place: the zeros that came later fell on a record that had been acknowledged.
test("a record that a file in the midst of getting longer has no room for is not written over", async () => {
  const folder = await mkdtemp(join(tmpdir(), "syncline-lengthening-"));
  const store = await openLmdbStore(join(folder, "data"));
  for (let count = 0; count < 256; count += 1) {
    await store.write([{ kind: "put", key: Buffer.of(1, count), value: Buffer.of(count) }]);
  }
  disk.isHolding = true;
  await vi.waitFor(() => expect(disk.letGo).not.toBeNull(), { timeout: 20_000 });
  const value = Buffer.alloc(900 * 1024, 7);

  const written = store.write([{ kind: "put", key: Buffer.of(2), value }]);
  await Promise.race([written, turns(200)]);
  disk.letGo?.();
  await written;
  await cp(join(folder, "data"), join(folder, "copy"), { recursive: true });
  await store.close();

  const copy = await openLmdbStore(join(folder, "copy"));
  const found = await copy.get(Buffer.of(2));
  await copy.close();
  await rm(folder, { recursive: true });
  expect(found !== null && value.equals(found)).toBe(true);
}, 60_000);
