/** Acceptors of CASPaxos as real processes with real disks, and proposers in this one that speak to them over TCP. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createProposer,
  majorityConfig,
  type ProposerOutput,
  type ProposerProtocol,
  type RegisterConfig,
} from "@syncline/consensus/caspaxos";
import { decodeRegisterMessage, encodeRegisterMessage } from "@syncline/consensus/wire";
import { type Runtime, startRuntime } from "@syncline/machine";
import { applierOf, type ObjectChange } from "../consensus/caspaxos/objects.ts";
import { frameOf, readFrames } from "./tcp-frames.mjs";

/** A proposer of this process. */
export interface LocalProposer {
  readonly name: string;
  readonly runtime: Runtime<ProposerProtocol<ObjectChange>>;
  stop(): void;
}

/** Three acceptors. */
export interface AcceptorCluster {
  readonly config: RegisterConfig;
  readonly names: readonly string[];
  start(name: string): Promise<void>;
  /** `kill -9`. */
  kill(name: string): Promise<void>;
  propose(name: string, incarnation: string, told: (output: ProposerOutput) => void): LocalProposer;
  /** Ends every process and removes the disks. */
  end(): Promise<void>;
}

const RECONNECT_MS = 20;

/** A cluster whose processes do not run yet. */
export const createAcceptorCluster = async (): Promise<AcceptorCluster> => {
  const root = mkdtempSync(join(tmpdir(), "syncline-acceptors-"));
  const names = ["a", "b", "c"];
  const portByName = new Map<string, number>();
  for (const name of names) portByName.set(name, await freePort());
  const config = majorityConfig(
    1,
    names.map((name) => ({ name, incarnation: `disk-${name}` })),
  );
  const processes = new Map<string, ChildProcess>();

  const start = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const port = String(portByName.get(name));
      const all = [name, `disk-${name}`, join(root, name), port, JSON.stringify(config)];
      const file = join(import.meta.dirname, "acceptor-process.mjs");
      const child = spawn(process.execPath, [file, ...all], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      processes.set(name, child);
      child.stdout.once("data", () => resolve());
      child.once("exit", () => reject(new Error(`${name} ended before it was ready`)));
    });

  const kill = (name: string): Promise<void> =>
    new Promise((resolve) => {
      const child = processes.get(name);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
        return resolve();
      }
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });

  const propose: AcceptorCluster["propose"] = (name, incarnation, told) => {
    const links = new Map(names.map((to) => [to, createLink(name, portByName.get(to)!)]));
    const runtime = startRuntime(
      createProposer<ObjectChange>(
        { name, incarnation, seed: name.charCodeAt(0), config, apply: applierOf(new Map()) },
        { attemptMs: 200, giveUpMs: 3000 },
      ),
      [],
      {
        now: () => performance.now(),
        append: (_records, done) => done(null),
        load: (_query, done) => done(null, []),
        send: (to, message) => links.get(to)?.send(encodeRegisterMessage(message)),
        deliver: told,
        // A timer may fire a millisecond early, and a machine is not to be woken before its time.
        wake: (atMs) =>
          void setTimeout(
            () => runtime.woken(),
            Math.ceil(Math.max(0, atMs - performance.now())) + 1,
          ),
        failed: (error) => {
          throw error;
        },
      },
    );
    for (const [from, link] of links) {
      link.read((frame) => {
        const message = decodeRegisterMessage(frame);
        if (message !== null) runtime.received(from, message);
      });
    }
    return {
      name,
      runtime,
      stop: () => {
        runtime.stop();
        for (const link of links.values()) link.end();
      },
    };
  };

  return {
    config,
    names,
    start,
    kill,
    propose,
    end: async () => {
      await Promise.all(names.map(kill));
      rmSync(root, { recursive: true, force: true });
    },
  };
};

interface Link {
  send(bytes: Uint8Array): void;
  read(onFrame: (frame: Uint8Array) => void): void;
  end(): void;
}

/** A connection that comes back. What is sent while it is not there is lost. */
const createLink = (own: string, port: number): Link => {
  let socket: Socket | null = null;
  let isEnded = false;
  let onFrame: (frame: Uint8Array) => void = () => {};
  const dial = (): void => {
    if (isEnded) return;
    const dialled = connect(port, "127.0.0.1");
    dialled.setNoDelay(true);
    dialled.once("connect", () => {
      dialled.write(frameOf(new TextEncoder().encode(own)));
      socket = dialled;
    });
    dialled.on("error", () => {});
    dialled.once("close", () => {
      if (socket === dialled) socket = null;
      setTimeout(dial, RECONNECT_MS);
    });
    readFrames(dialled, (frame) => onFrame(frame));
  };
  dial();
  return {
    send: (bytes) => void socket?.write(frameOf(bytes)),
    read: (handler) => {
      onFrame = handler;
    },
    end: () => {
      isEnded = true;
      socket?.destroy();
    },
  };
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
