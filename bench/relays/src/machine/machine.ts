/** On what the figures were measured. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type as osType } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./repository.ts";

/** The machine, the versions, the moment. */
export interface Machine {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  readonly node: string;
  readonly disk: string;
  /** The shared library that every server is started with, or null. */
  readonly preload: string | null;
  readonly versions: Readonly<Record<string, string>>;
  /** All of it in a line or two. */
  readonly summary: string;
}

const fileSystems: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x794c7630: "overlayfs",
  0x01021994: "tmpfs (in memory: writes to it prove nothing)",
};

const packages = [
  "node_modules/ws",
  "node_modules/yjs",
  "bench/relays/peers/node_modules/@y/websocket-server",
  "bench/relays/peers/node_modules/@hocuspocus/server",
  "bench/relays/peers/node_modules/better-sqlite3",
  "packages/relay",
];

/** Describes this machine, with data in that directory, and servers that start with that library. */
export const describeMachine = (dataRoot: string, preload: string | null): Machine => {
  mkdirSync(dataRoot, { recursive: true });
  const kind = statfsSync(dataRoot).type;
  const machine = {
    date: new Date().toISOString(),
    commit: commitOf(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    os: `${osType()} ${release()}`,
    node: process.version,
    disk: fileSystems[kind] ?? `file system 0x${kind.toString(16)}`,
    preload,
    versions: Object.fromEntries(packages.flatMap(versionOf)),
  };
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const gigabytes = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const library = preload === null ? "" : `; servers start with LD_PRELOAD=${preload}`;
  const summary = [
    `${machine.cpu}, ${machine.cores} cores, ${gigabytes} GB; ${machine.os}; Node ${machine.node}; data on ${machine.disk}${library}`,
    `${versions.join(", ")}; commit ${machine.commit}; ${machine.date}`,
  ].join("\n");
  return { ...machine, summary };
};

const commitOf = (): string => {
  try {
    const hasChanges = git("status", "--porcelain") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${hasChanges ? " and changes" : ""}`;
  } catch {
    return "unknown";
  }
};

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: repositoryRoot, encoding: "utf8" }).trim();

const versionOf = (path: string): readonly (readonly [string, string])[] => {
  const file = join(repositoryRoot, path, "package.json");
  if (!existsSync(file)) return [];
  const { name, version } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly name: string;
    readonly version: string;
  };
  return [[name, version]];
};
