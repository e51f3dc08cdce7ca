/** Nodes of a Raft cluster as processes on this machine, with real disks, to be ended without warning. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../relay-process.ts";
import { until } from "../until.ts";

/** One node. */
export interface RaftProcess {
  readonly name: string;
  readonly directory: string;
  readonly child: ChildProcess | null;
  readonly isLeader: boolean;
  /** What it said on standard error. */
  readonly said: string;
  start(): void;
  /** At the leader: takes whoever has this name now in place of the member that had it. Gives what came of it. */
  replace(name: string): Promise<string>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A cluster of three. */
export interface RaftCluster {
  readonly nodes: readonly RaftProcess[];
  readonly urlByName: ReadonlyMap<string, string>;
  /** A node that takes itself for the leader, as soon as there is one. */
  leader(): Promise<RaftProcess>;
  close(): Promise<void>;
}

/** Starts three nodes in a new directory; those that `directoryByName` has, in theirs. */
export const startRaftCluster = async (
  directoryByName: ReadonlyMap<string, string> = new Map(),
): Promise<RaftCluster> => {
  const directory = mkdtempSync(join(tmpdir(), "syncline-raft-"));
  const names = ["a", "b", "c"];
  const ports = await freePorts(names.length);
  const urlByName = new Map(names.map((name, index) => [name, `ws://127.0.0.1:${ports[index]}`]));
  const members = [...urlByName].map((member) => member.join("=")).join(",");
  const nodes = names.map((name) =>
    createProcess(name, directoryByName.get(name) ?? join(directory, name), members),
  );
  for (const node of nodes) node.start();
  return {
    nodes,
    urlByName,
    leader: async () => {
      let found: RaftProcess | undefined;
      await until(() => (found = nodes.find(({ isLeader }) => isLeader)) !== undefined);
      if (found === undefined) throw new Error("there is no leader");
      return found;
    },
    close: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

const createProcess = (name: string, directory: string, members: string): RaftProcess => {
  let child: ChildProcess | null = null;
  let isLeader = false;
  let said = "";
  return {
    name,
    directory,
    get child() {
      return child;
    },
    get isLeader() {
      return isLeader;
    },
    get said() {
      return said;
    },
    start: () => {
      const started = fork("test/fixtures/raft-node.mjs", [name, directory, members], {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: [],
      });
      child = started;
      isLeader = false;
      started.stderr?.on("data", (bytes: Buffer) => (said += bytes.toString()));
      started.on("message", ({ role }: { role?: string }) => {
        if (child === started && role !== undefined) isLeader = role === "leader";
      });
      started.on("exit", () => {
        if (child === started) isLeader = false;
      });
    },
    replace: (other) =>
      new Promise((resolve) => {
        const take = ({ replaced }: { replaced?: string }): void => {
          if (replaced === undefined) return;
          child?.off("message", take);
          resolve(replaced);
        };
        child?.on("message", take);
        child?.send({ replace: other });
      }),
    kill: async () => {
      isLeader = false;
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
};
