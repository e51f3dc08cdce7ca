/** A replica id in a directory. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileReplicas } from "./file-replicas.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "syncline-replica-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const [one, two] = ["00000000000000aa", "00000000000000bb"];

test("the id and what was written last for each place are there the next time", async () => {
  const first = (await fileReplicas(join(directory, "made")).take(one))!;
  first.write("space\nlikes", "1:5");
  first.write("space\nlikes", "2:6");
  first.write('space\n"quoted" name', "1:7");
  first.release();

  const again = (await fileReplicas(join(directory, "made")).take(two))!;

  expect(again.id).toBe(one);
  expect(again.read("space\nlikes")).toBe("2:6");
  expect(again.read('space\n"quoted" name')).toBe("1:7");
  expect(again.read("elsewhere")).toBe(null);
});

test("one has it at a time", async () => {
  const first = await fileReplicas(directory).take(one);

  expect(await fileReplicas(directory).take(two)).toBe(null);
  first?.release();
  expect((await fileReplicas(directory).take(two))?.id).toBe(one);
});

test("the lock of a process that is gone is taken over", async () => {
  (await fileReplicas(directory).take(one))?.release();
  writeFileSync(join(directory, "lock"), "4194304999");

  expect((await fileReplicas(directory).take(two))?.id).toBe(one);
});

test("a forgotten id does not come back", async () => {
  const store = fileReplicas(directory);
  (await store.take(one))?.forget();
  const next = await store.add(two);
  next?.release();

  expect((await store.take(one))?.id).toBe(two);
});

test.each([
  ["torn", (text: string) => text.slice(0, -3)],
  ["empty", () => ""],
  ["something else", () => "hello\n"],
  ["damaged", (text: string) => text.replace('"', "")],
])("a file that is %s is given up, with its id", async (_, damage) => {
  const first = await fileReplicas(directory).take(one);
  first?.write("place", "1:2");
  first?.release();
  const path = join(directory, "replica");
  writeFileSync(path, damage(readFileSync(path, "utf8")));

  const next = await fileReplicas(directory).take(two);

  expect(next?.id).toBe(two);
  expect(next?.read("place")).toBe(null);
});
