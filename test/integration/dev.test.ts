/** `syncline dev` as a process: what it leaves behind, and what it says when it cannot start. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { type DevCommand, startDevCommand } from "../demos/dev-command.ts";

const commands: DevCommand[] = [];

const start = async (...options: readonly string[]): Promise<DevCommand> => {
  const command = await startDevCommand(...options);
  commands.push(command);
  return command;
};

afterEach(async () => {
  await Promise.all(commands.splice(0).map((command) => command.close()));
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** What one of them answered who could not start. */
const failureOf = async (...options: readonly string[]): Promise<string> => {
  try {
    await start(...options);
    return "it started";
  } catch (error) {
    return String(error);
  }
};

test("its relays serve what the panel says they do", async () => {
  const dev = await start("--relays", "3");

  const relays = await dev.relays();

  expect(relays.map(({ id, isUp }) => [id, isUp])).toEqual([
    ["a", true],
    ["b", true],
    ["c", true],
  ]);
  expect(relays).toMatchObject([
    { status: { relay: "a" } },
    { status: { relay: "b" } },
    { status: { relay: "c" } },
  ]);
});

test("it ends its relays when it is told to end", async () => {
  const dev = await start("--relays", "2");
  const pids = (await dev.relays()).map(({ pid }) => pid);

  const exitCode = await dev.close();

  expect(exitCode).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});

test("its relays end when it is killed", async () => {
  const dev = await start("--relays", "3");
  const pids = (await dev.relays()).map(({ pid }) => pid);

  dev.process.kill("SIGKILL");
  await once(dev.process, "exit");

  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 20_000 });
});

test("a taken port is one clear line, and nothing stays", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;

  const atPage = await failureOf("--http", String(port));
  const atRelay = await failureOf("--port", String(port - 1), "--relays", "2");
  holder.close();

  expect(atPage).toMatch(/ended with 2: syncline: PORT_IN_USE: [^\n]*\n$/u);
  expect(atRelay).toMatch(/ended with 2: syncline: PORT_IN_USE: relay b: [^\n]*\n$/u);
});
