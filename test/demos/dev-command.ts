/** Runs the real `syncline dev` out of dist/, at ports that are free, with a directory that is removed again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A command that has said `ready`. */
export interface DevCommand {
  /** The page's address, with a slash at its end. */
  readonly url: string;
  readonly process: ChildProcess;
  /** The relays, as the panel's API tells them. */
  relays(): Promise<
    readonly {
      readonly id: string;
      readonly url: string;
      readonly isUp: boolean;
      readonly pid: number;
    }[]
  >;
  /** Ends it with SIGTERM, and resolves with its exit code. */
  close(): Promise<number | null>;
}

const command = "packages/relay/bin/syncline.js";
const readyTimeMaxMs = 40_000;

/** Rejects with what it wrote if it ends instead. */
export const startDevCommand = async (...options: readonly string[]): Promise<DevCommand> => {
  const directory = mkdtempSync(join(tmpdir(), "syncline-dev-"));
  const process = spawn(
    globalThis.process.execPath,
    [command, "dev", "--port", "0", "--http", "0", "--data", directory, ...options],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", remove);
  const url = await readyAddress(process);
  return {
    url,
    process,
    relays: async () =>
      (await fetch(`${url}api/relays`)).json() as ReturnType<DevCommand["relays"]>,
    close: async () => {
      if (process.exitCode !== null || process.signalCode !== null) return process.exitCode;
      const exit = once(process, "exit");
      process.kill("SIGTERM");
      await exit;
      return process.exitCode;
    },
  };
};

const readyAddress = (process: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let written = "";
    const fail = (how: string): void => reject(new Error(`syncline dev ${how}: ${written}`));
    const timer = setTimeout(() => {
      process.kill("SIGKILL");
      fail("did not get ready");
    }, readyTimeMaxMs);
    const take = (bytes: Buffer): void => {
      written += bytes.toString();
      const [, url] = /^ready (http:\/\/\S+)$/mu.exec(written) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    process.stdout?.on("data", take);
    process.stderr?.on("data", take);
    process.once("exit", (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
