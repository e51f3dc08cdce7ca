/** The benchmark's harness, in its short form with the real servers: nothing is said about time here. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const command = "bench/relays/dist/cli.js";
const folder = mkdtempSync(join(tmpdir(), "bench-"));

interface Results {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly preload: string | null;
  readonly commit: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly parameters: { readonly kind: string };
    readonly results: readonly {
      readonly server: string;
      readonly wire: string;
      readonly isAcknowledgedFromDisk: boolean;
      readonly failures: readonly string[];
      readonly figures: Readonly<Record<string, { readonly median: number }>>;
      readonly runs: readonly { readonly cpuMsByProcess: Readonly<Record<string, number>> }[];
    }[];
  }[];
}

/** Runs the command, and gives how it ended, what it printed, and what it saved. */
const bench = async (...args: readonly string[]) => {
  const file = join(folder, "results.json");
  const all = [command, "--short", "--data", join(folder, "data"), "--out", file, ...args];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  const results = JSON.parse(readFileSync(file, "utf8")) as Results;
  return { code, out, results };
};

const hasPeers = existsSync("bench/relays/peers/node_modules");
const installed = [
  "bare-ws",
  ...(hasPeers ? ["y-websocket", "hocuspocus", "hocuspocus-sqlite"] : []),
  "syncline-1",
  "syncline-3",
];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the benchmark", () => {
  test("tells how it is used where nothing is installed or built", () => {
    const clone = join(folder, "clone");
    const files = ["scripts/bench.mjs", "scripts/setup.mjs", "bench/relays/help.txt"];
    for (const file of files) cpSync(file, join(clone, file));

    const { stdout, stderr } = spawnSync(process.execPath, ["scripts/bench.mjs", "--help"], {
      cwd: clone,
      encoding: "utf8",
    });

    expect(stdout).toContain("--scenario");
    expect(stderr).toBe("");
    expect(existsSync(join(clone, "node_modules"))).toBe(false);
  });

  test("delivers everything with every server that is installed", async () => {
    const names = "fan-out,rooms,idle,join,presence,reconnect";
    const { code, out, results } = await bench("--scenario", names);

    const failures = results.scenarios.flatMap(({ name, results: all }) =>
      all.flatMap((one) => one.failures.map((why) => `${name}, ${one.server}: ${why}`)),
    );
    expect(failures).toEqual([]);
    expect(code).toBe(0);
    expect(results.scenarios.map(({ name }) => name).join(",")).toBe(names);
    const [fanOut] = results.scenarios;
    expect([...new Set(fanOut?.results.map(({ server }) => server))]).toEqual(installed);
    for (const { figures, runs } of fanOut?.results ?? []) {
      expect(figures["deliveriesPerSecond"]?.median).toBeGreaterThan(0);
      expect(figures["latencyP99Ms"]?.median).toBeGreaterThan(0);
      expect(figures["bytesPerDelivery"]?.median).toBeGreaterThan(0);
      expect(Object.keys(runs[0]?.cpuMsByProcess ?? {}).length).toBeGreaterThan(0);
    }
    expect(out).toContain("fan-out: in its short form");
    const { cpu, cores, memoryBytes, node, commit, date, versions } = results;
    expect([cores > 0, memoryBytes > 0, cpu !== ""]).not.toContain(false);
    expect(commit).toMatch(/^(?:[\da-f]{7,40}(?: and changes)?|unknown)$/u);
    expect(node).toBe(process.version);
    expect(Date.parse(date)).not.toBeNaN();
    expect(versions["@syncline/relay"]).toBeDefined();
  });

  test("has the rooms that it looks into again after a restart", async () => {
    const { code, results } = await bench("--scenario", "restart", "--server", "syncline-1");

    expect(code).toBe(0);
    expect(results.scenarios[0]?.results[0]?.figures["readyMs"]?.median).toBeGreaterThan(0);
  });

  test.runIf(process.platform === "linux")("says which library servers start with", async () => {
    const { sharedObjects } = process.report.getReport() as { sharedObjects: readonly string[] };
    const library = realpathSync(sharedObjects.find((path) => path.startsWith("/lib")) ?? "");
    const what = ["--scenario", "presence", "--server", "syncline-1", "--preload", library];
    const { code, out, results } = await bench(...what);
    const tables = spawnSync(
      process.execPath,
      [command, "--tables", join(folder, "results.json")],
      { encoding: "utf8" },
    );

    const words = `servers start with LD_PRELOAD=${library}\n`;
    expect([code, results.preload]).toEqual([0, library]);
    expect([out, tables.stdout].map((text) => text.includes(words))).toEqual([true, true]);
  });

  test("refuses a library that is not there", () => {
    const args = [command, "--short", "--preload", "no/heap.so"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });

    expect(status).toBe(2);
    expect(stderr).toBe("bench: --preload: there is no file no/heap.so\n");
  });

  test("fails a server that loses frames, however fast it is", async () => {
    const { code, out, results } = await bench("--scenario=fan-out", "--server=bare-ws,lossy-ws");

    const failed = results.scenarios[0]?.results.filter(({ failures }) => failures.length > 0);
    expect(failed?.map(({ server, wire }) => `${server} ${wire}`)).toEqual([
      "lossy-ws y-websocket",
      "lossy-ws native",
    ]);
    expect(code).toBe(1);
    expect(out).toContain("ws loop that loses frames  native  FAILED");
  });
});
