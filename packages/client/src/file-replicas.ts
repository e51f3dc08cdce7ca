/** A replica id in a directory: for a process in Node that comes and goes, and is to stay one replica. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isIncarnation } from "@syncline/clocks";
import type { ReplicaId } from "@syncline/crdt";
import type { KeptReplica, ReplicaStore } from "./replica-ids.ts";

/**
 * Keeps one replica id, and how far it went, in a directory, which is made if there is none.
 *
 * One client at a time has it; another that asks meanwhile, in this process or another, gets an id of its own that is not kept. Each batch of a value
 * costs a write of a line, without a flush: should the last lines be lost in a power cut, the id is found to have done more than is known, and given up.
 */
export const fileReplicas = (directory: string): ReplicaStore => {
  const path = join(directory, "replica");
  const lock = join(directory, "lock");
  const begin = (newId: ReplicaId | null, otherwise: ReplicaId): KeptReplica | null => {
    mkdirSync(directory, { recursive: true });
    if (!takeLock(lock)) return null;
    try {
      const known = newId === null ? readRecords(path) : null;
      return keptReplica({ path, lock, ...(known ?? { id: otherwise, textByPlace: new Map() }) });
    } catch (error) {
      rmSync(lock, { force: true });
      throw error;
    }
  };
  return {
    take: async (newId) => begin(null, newId),
    add: async (newId) => begin(newId, newId),
  };
};

interface Records {
  readonly id: ReplicaId;
  readonly textByPlace: Map<string, string>;
}

/** Whether the lock is this process's now. One whose process is gone is taken over; should its number belong to another by now, it is left alone. */
const takeLock = (lock: string): boolean => {
  if (tryLock(lock)) return true;
  const owner = textOf(lock);
  if (owner !== null && isAlive(Number(owner))) return false;
  // Renamed first, since of two that find the same dead owner only one can rename it.
  const stale = `${lock}.${process.pid}`;
  try {
    renameSync(lock, stale);
  } catch {
    return false;
  }
  rmSync(stale, { force: true });
  return tryLock(lock);
};

const tryLock = (lock: string): boolean => {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "EEXIST") return false;
    throw error;
  }
};

const isAlive = (pid: number): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
};

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
};

/** What the file says: the id, then lines of a number with a digest and the place as JSON. Null if it says nothing that could be relied on. */
const readRecords = (path: string): Records | null => {
  const lines = (textOf(path) ?? "").split("\n");
  const [id = ""] = lines;
  // The last piece is empty, unless a write was torn: then something was about to be sent of which no more is known.
  if (!isIncarnation(id) || lines.at(-1) !== "") return null;
  const textByPlace = new Map<string, string>();
  for (const line of lines.slice(1, -1)) {
    const space = line.indexOf(" ");
    try {
      textByPlace.set(String(JSON.parse(line.slice(space + 1))), line.slice(0, space));
    } catch {
      return null;
    }
  }
  return { id, textByPlace };
};

const lineOf = (place: string, text: string): string => `${text} ${JSON.stringify(place)}\n`;

/** Writes the file anew, each place once, and goes on at its end. */
const keptReplica = ({
  path,
  lock,
  id,
  textByPlace,
}: Records & { readonly path: string; readonly lock: string }): KeptReplica => {
  const lines = [...textByPlace].map(([place, text]) => lineOf(place, text));
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w");
  writeSync(file, `${id}\n${lines.join("")}`);
  fsyncSync(file);
  renameSync(fresh, path);
  let isOpen = true;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    closeSync(file);
    rmSync(lock, { force: true });
  };
  return {
    id,
    read: (place) => textByPlace.get(place) ?? null,
    write: (place, text) => {
      textByPlace.set(place, text);
      writeSync(file, lineOf(place, text));
    },
    forget: () => {
      if (isOpen) rmSync(path, { force: true });
      end();
    },
    release: end,
  };
};
