/** The command line is a contract: scripts rely on what it prints and how it exits. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createRelayProcess, freePorts, runCommand } from "./relay-process.ts";

const folder = mkdtempSync(join(tmpdir(), "syncline-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const relay = (name: string, ...options: string[]): ReturnType<typeof runCommand> =>
  runCommand(["relay", "--listen", "127.0.0.1:0", "--data", join(folder, name), ...options]);

describe("help", () => {
  test.each([
    [["--help"], "Usage"],
    [["relay", "--help"], "--write-quorum W"],
    [["dev", "--help"], "--relays COUNT"],
    [["bench", "--help"], "--data-dir DIR"],
    [["--version"], "0.1.0"],
  ])("%j prints it and exits 0", async (args, expected) => {
    const { code, out, error } = await runCommand(args);

    expect(out).toContain(expected);
    expect(error).toBe("");
    expect(code).toBe(0);
  });
});

describe("a wrong option is one clear line on standard error, and exit 2", () => {
  const peers = "a=ws://127.0.0.1:1,b=ws://127.0.0.1:2,c=ws://127.0.0.1:3";
  test.each([
    [["--nonsense", "1"], "--nonsense"],
    [["--write-quorum", "two"], "write-quorum"],
    [["--peers", peers, "--id", "a", "--write-quorum", "4"], "writeQuorum"],
    [["--peers", peers, "--id", "a", "--write-quorum", "0"], "writeQuorum"],
    [["--peers", peers, "--id", "d"], '"d"'],
    [["--peers", "a=ws://127.0.0.1:1,a=ws://127.0.0.1:2"], "twice"],
    [["--peers", "a=http://127.0.0.1:1"], "ws://"],
    [["--peers", "a"], "NAME=ADDRESS"],
    [["--id", "no spaces"], "id"],
    [["--listen", "localhost"], "HOST:PORT"],
    [["--listen", "127.0.0.1:70000"], "65535"],
    [["--log-level", "loud"], "log-level"],
    [["--config", "no-such-file.json"], "no-such-file.json"],
    [["--batch-bytes-max", "1"], "batch-bytes-max"],
  ])("%j", async (options, expected) => {
    const { code, out, error } = await relay("options", ...options);

    expect(error.trim().split("\n")).toHaveLength(1);
    expect(error).toContain("BAD_CONFIG");
    expect(error).toContain(expected);
    expect(out).toBe("");
    expect(code).toBe(2);
  });

  test("an unknown command", async () => {
    const { code, error } = await runCommand(["rely"]);

    expect(error).toContain('unknown command "rely"');
    expect(code).toBe(2);
  });

  test("an option in the environment", async () => {
    const { code, error } = await runCommand(["relay"], { SYNCLINE_LISTEN: "nowhere" });

    expect(error).toContain("HOST:PORT");
    expect(code).toBe(2);
  });

  test("an option in a file", async () => {
    const file = join(folder, "wrong.json");
    writeFileSync(file, JSON.stringify({ "write-quorum": "two" }));

    const { code, error } = await relay("file", "--config", file);

    expect(error).toContain('"write-quorum"');
    expect(code).toBe(2);
  });
});

test("a port that is taken is one clear line, and exit 2", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const address = taken.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;

  const { code, error } = await relay(
    "taken",
    "--listen",
    `127.0.0.1:${port}`,
    "--log-level",
    "silent",
  );

  taken.close();
  expect(error).toContain("PORT_IN_USE");
  expect(error.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(2);
});

describe("a running relay", () => {
  test("says ready, answers health, refuses a second process on its directory, drains on SIGTERM and exits 0", async () => {
    const [port = 0] = await freePorts(1);
    const running = createRelayProcess("a", port, join(folder, "deep", "new", "directory"), []);
    await running.start();

    const health: unknown = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    const second = await relay("deep/new/directory", "--log-level", "silent");
    const code = await running.end();

    expect(health).toMatchObject({
      status: "healthy",
      checks: { database: "up", cache: "up", dependencies: "healthy" },
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/u) as string,
    });
    expect(second.error).toContain("STORAGE_IN_USE");
    expect(second.code).toBe(2);
    expect(code).toBe(0);
  });

  test("takes its options from a file, and an argument wins over it", async () => {
    const [port = 0] = await freePorts(1);
    const file = join(folder, "relay.json");
    writeFileSync(file, JSON.stringify({ listen: "127.0.0.1:1", "log-level": "silent", id: "x" }));
    const running = createRelayProcess("x", port, join(folder, "from-file"), ["--config", file]);
    await running.start();

    const health: unknown = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    await running.end();

    expect(health).toMatchObject({ relay: "x" });
  });

  test("comes back at once on the same directory after kill -9", async () => {
    const [port = 0] = await freePorts(1);
    const running = createRelayProcess("a", port, join(folder, "killed"), []);
    await running.start();
    await running.kill();

    await running.start();

    expect(await running.end()).toBe(0);
  });

  test("takes an option from the environment", async () => {
    const data = join(folder, "environment");
    const { code, error } = await runCommand(["relay", "--data", data], {
      SYNCLINE_LISTEN: "127.0.0.1:0",
      SYNCLINE_LOG_LEVEL: "silent",
      SYNCLINE_HOMES: "2",
    });

    expect(error).toContain("homes");
    expect(code).toBe(2);
  });
});

test("a directory of an unknown format version is refused and left untouched", async () => {
  const [port = 0] = await freePorts(1);
  const data = join(folder, "future");
  const running = createRelayProcess("a", port, data, []);
  await running.start();
  await running.end();
  const format = readdirSync(data).find((file) => file.includes("format")) ?? "format";
  const text = readFileSync(join(data, format), "utf8");
  writeFileSync(join(data, format), text.replace(/1/u, "9"));
  const before = snapshot(data);

  const { code, error } = await relay("future", "--log-level", "silent");

  expect(error).toContain("STORAGE_FORMAT");
  expect(code).toBe(2);
  expect(snapshot(data)).toEqual(before);
});

const snapshot = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory).map((file) => [
      file,
      readFileSync(join(directory, file)).toString("base64"),
    ]),
  );
