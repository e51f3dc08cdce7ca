/** `syncline bench` in its short form: a real relay, a real disk; nothing is said about time here. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runCommand } from "./relay-process.ts";

const folder = mkdtempSync(join(tmpdir(), "syncline-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...options: readonly string[]): ReturnType<typeof runCommand> =>
  runCommand(["bench", "--short", "--data-dir", folder, ...options]);

interface Figures {
  readonly machine: { readonly cores: number };
  readonly disk: { readonly flushesPerSecond: number };
  readonly idle: { readonly rooms: number; readonly kilobytesPerConnectedRoom: number };
  readonly loads: readonly {
    readonly rooms: number;
    readonly deliveriesPerSecond: number;
    readonly updatesPerSecond: number;
    readonly flushesPerSecond: number;
  }[];
}

test("it says what the disk takes, what a room costs, and what came of a load", async () => {
  const { code, out, error } = await bench("--json", "--rooms=5", "--writers=2", "--readers=3");

  const { machine, disk, idle, loads } = JSON.parse(out) as Figures;
  expect(code).toBe(0);
  expect(error).toContain("5 rooms, 25 clients");
  expect(machine.cores).toBeGreaterThan(0);
  expect(disk.flushesPerSecond).toBeGreaterThan(0);
  expect(idle.rooms).toBeGreaterThan(0);
  const [load] = loads;
  expect(loads).toHaveLength(1);
  expect(load?.rooms).toBe(5);
  expect(load?.flushesPerSecond).toBeGreaterThan(0);
  // Each update goes to the three readers and to the other writer.
  expect(load?.deliveriesPerSecond).toBeGreaterThan((load?.updatesPerSecond ?? 0) * 3);
});

test("it leaves nothing behind, and prints a table for people", async () => {
  const { code, out } = await bench();

  expect(code).toBe(0);
  expect(out).toContain("deliveries/s");
  expect(out).toMatch(/^This relay (?:holds|keeps up)/mu);
  expect(readdirSync(folder)).toEqual([]);
});

test("a load that cannot be is refused", async () => {
  const { code, error } = await bench("--rooms=10000");

  expect(code).toBe(2);
  expect(error).toContain("BAD_CONFIG");
});
