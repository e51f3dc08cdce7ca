/** A disk that refuses a write: the relay stops acknowledging, says why, ends with a code that is not 0, and has lost nothing that it acknowledged. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { createRelayProcess, freePorts, type RelayProcess } from "./relay-process.ts";

const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;

const canTrace = runs("strace", ["-o", "/dev/null", "true"]);
const canMount = process.getuid?.() === 0 && runs("mount", ["--version"]);
if (!canTrace && process.env["CI"] !== undefined) throw new Error("strace is missing");
if (!canTrace) console.log("skipped: a failing flush, since strace cannot trace here");
if (!canMount) console.log("skipped: a full disk, since only root can mount one");

/** Writes until a write is not acknowledged any more; returns how many were. */
const writeUntilItFails = async (url: string, bytes: number, countMax: number): Promise<number> => {
  const client = connect(url);
  ends.push(() => client.close());
  const space = client.space("failing");
  const marks = (await space.doc()).getArray<string>("marks");
  for (let count = 0; count < countMax; count += 1) {
    marks.push([`${count}:${"x".repeat(bytes)}`]);
    const isSettled = await space.settled("relay", { timeoutMs: 3000 }).then(
      () => true,
      () => false,
    );
    if (!isSettled) return count;
  }
  return countMax;
};

const marksAt = async (url: string): Promise<number> => {
  const client = connect(url);
  const space = client.space("failing");
  const marks = (await space.doc()).getArray<string>("marks");
  await space.whenSynced();
  client.close();
  return marks.length;
};

/** What the relay says of itself once it is unhealthy, asked again and again until it is gone. */
const healthWhileEnding = async (relay: RelayProcess): Promise<string> => {
  while (relay.child?.exitCode === null) {
    const health = await fetch(`${relay.url.replace("ws:", "http:")}/health`).then(
      (response) => response.json() as Promise<{ status: string; reasons: string[] }>,
      () => null,
    );
    if (health?.status === "unhealthy") return health.reasons.join(" ");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return "";
};

test.skipIf(!canTrace)(
  "a flush that fails once stops the relay",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "syncline-flush-"));
    ends.push(() => rmSync(directory, { recursive: true, force: true }));
    const [port = 0] = await freePorts(1);
    const relay = createRelayProcess("a", port, join(directory, "data"), []);
    ends.push(() => relay.kill());
    await relay.start();
    const first = await writeUntilItFails(relay.url, 10, 20);
    expect(first).toBe(20);

    const tracer = spawn("strace", [
      "-f",
      "-qq",
      "-o",
      "/dev/null",
      "-p",
      String(relay.child?.pid),
      "-e",
      // The log is written through: a record's write is its flush.
      "trace=pwrite64,fdatasync,fsync,msync",
      "-e",
      "inject=pwrite64,fdatasync,fsync,msync:error=EIO",
    ]);
    ends.push(() => void tracer.kill());
    await new Promise((resolve) => setTimeout(resolve, 500));
    const exited = once(relay.child!, "exit") as Promise<[number | null]>;
    const told = healthWhileEnding(relay);
    const more = await writeUntilItFails(relay.url, 10, 50);
    const [code] = await exited;

    expect(more).toBeLessThan(50);
    expect(code).toBe(1);
    expect(await told).not.toBe("");
    expect(relay.log.some((line) => line.includes("stops serving"))).toBe(true);
    tracer.kill();
    await relay.start();
    expect(await marksAt(relay.url)).toBeGreaterThanOrEqual(first + more);
  },
  60_000,
);

test.skipIf(!canMount)(
  "a full disk stops the relay, and nothing acknowledged is lost",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "syncline-full-"));
    const mount = join(directory, "disk");
    mkdirSync(mount);
    const isMounted = runs("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", mount]);
    if (!isMounted) {
      console.log("skipped: a full disk, since nothing can be mounted here");
      rmSync(directory, { recursive: true });
      return;
    }
    ends.push(() => {
      execFileSync("umount", ["-l", mount]);
      rmSync(directory, { recursive: true, force: true });
    });
    const [port = 0] = await freePorts(1);
    const relay = createRelayProcess("a", port, join(mount, "data"), []);
    ends.push(() => relay.kill());
    await relay.start();
    const exited = once(relay.child!, "exit") as Promise<[number | null]>;

    const told = healthWhileEnding(relay);
    const acknowledged = await writeUntilItFails(relay.url, 100_000, 200);
    const [code] = await exited;

    expect(acknowledged).toBeGreaterThan(3);
    expect(acknowledged).toBeLessThan(200);
    expect(code).toBe(1);
    expect(await told).not.toBe("");
    runs("mount", ["-o", "remount,size=64m", mount]);
    await relay.start();
    expect(await marksAt(relay.url)).toBeGreaterThanOrEqual(acknowledged);
  },
  60_000,
);
