/** `syncline bench`: what a relay on this machine and its disk holds. A relay as a process of its own, and this process as all of its clients. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { SyncError } from "@syncline/machine";
import { type BenchRelay, startBenchRelay } from "./bench-relay.ts";
import { type DiskFigures, probeDisk } from "./disk-probe.ts";
import { type IdleFigures, measureIdleRooms } from "./idle-rooms.ts";
import { lineOf } from "./report.ts";
import { type LoadFigures, type LoadShape, runRoomLoad } from "./room-load.ts";

/** What is to be measured. */
export interface BenchOptions {
  /** A directory is made in it, and removed at the end. */
  readonly dataRoot: string;
  readonly writersEach: number;
  readonly readersEach: number;
  /** Updates a second of each writer. */
  readonly rate: number;
  /** How many rooms, or null to find out how many are too many. */
  readonly rooms: number | null;
  readonly seconds: number;
  /** A second or two, to see that everything works. */
  readonly isShort: boolean;
  progress(line: string): void;
}

/** What came of it. */
export interface BenchFigures {
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryMegabytes: number;
    readonly node: string;
  };
  readonly disk: DiskFigures;
  readonly idle: IdleFigures;
  readonly loads: readonly LoadFigures[];
  /** The largest load that the relay kept up with, or null if there was none. */
  readonly holds: LoadFigures | null;
}

const ROOMS_FIRST = 100;
/** So many sockets fit into one process's load. */
const CLIENTS_MAX = 8000;
const COUNT_MAX = 10_000;
/** A person hardly notices less. */
const PATIENCE_MS = 250;
/** No further load begins after this. */
const LOADS_MS = 30_000;

/**
 * Measures. Rejects with `BAD_CONFIG` for options that make no load, and with what `startRelay` says of a directory that cannot be used.
 *
 * The figures are of relay and load on one machine: with the load elsewhere, a relay on few cores holds more.
 */
export const runBench = async (options: BenchOptions): Promise<BenchFigures> => {
  checkOptions(options);
  const directory = makeDirectory(options.dataRoot);
  let relay: BenchRelay | null = null;
  try {
    options.progress(`the disk below ${options.dataRoot} …`);
    const disk = await probeDisk(directory, options.isShort ? 200 : 2000);
    relay = await startBenchRelay(join(directory, "relay"));
    const idleRooms = options.isShort ? 50 : 500;
    options.progress(`memory of ${idleRooms} idle rooms …`);
    const idle = await measureIdleRooms(relay, idleRooms);
    const loads = await runLoads(relay, options, disk);
    const [processor] = cpus();
    return {
      machine: {
        processor: processor?.model.trim() ?? "",
        cores: availableParallelism(),
        memoryMegabytes: Math.round(totalmem() / 1e6),
        node: process.version,
      },
      disk,
      idle,
      loads,
      holds: loads.filter(({ isKeptUp }) => isKeptUp).at(-1) ?? null,
    };
  } finally {
    await relay?.close();
    rmSync(directory, { recursive: true, force: true });
  }
};

const checkOptions = ({ writersEach, readersEach, rate, rooms, seconds }: BenchOptions): void => {
  const counts = { writers: writersEach, rate, rooms: rooms ?? 1, seconds };
  for (const [name, count] of Object.entries(counts)) {
    if (count < 1 || count > COUNT_MAX) {
      throw new SyncError("BAD_CONFIG", `--${name}: must be from 1 to ${COUNT_MAX}: ${count}`);
    }
  }
  const clientsEach = writersEach + readersEach;
  if (clientsEach * (rooms ?? ROOMS_FIRST) > CLIENTS_MAX) {
    throw new SyncError("BAD_CONFIG", `more than ${CLIENTS_MAX} clients at once`);
  }
};

const makeDirectory = (root: string): string => {
  try {
    return mkdtempSync(join(root, "syncline-bench-"));
  } catch (cause) {
    throw new SyncError("BAD_CONFIG", `--data-dir: ${root} cannot be written to`, { cause });
  }
};

const runLoads = async (
  relay: BenchRelay,
  options: BenchOptions,
  { flushP99Ms }: DiskFigures,
): Promise<LoadFigures[]> => {
  const { writersEach, readersEach, rate, isShort } = options;
  const durationMs = isShort ? 500 : options.seconds * 1000;
  const loads: LoadFigures[] = [];
  const startMs = performance.now();
  let rooms = options.rooms ?? ROOMS_FIRST;
  for (;;) {
    // Where the disk itself is slow now and then, waiting for it is not the relay's fault.
    const patienceMs = PATIENCE_MS + 4 * flushP99Ms;
    const shape: LoadShape = { rooms, writersEach, readersEach, rate, durationMs, patienceMs };
    let load = await runRoomLoad(relay, shape);
    // What else the machine does may spoil one try.
    if (!load.isKeptUp && load.shortOf !== "relay") load = await runRoomLoad(relay, shape);
    loads.push(load);
    options.progress(lineOf(load));
    rooms *= 2;
    const isLast = isShort || options.rooms !== null || !load.isKeptUp;
    const isTooMuch = rooms * (writersEach + readersEach) > CLIENTS_MAX;
    if (isLast || isTooMuch || performance.now() - startMs > LOADS_MS) return loads;
  }
};
