/** A browser's profile: a storage that outlives pages, and locks that the pages of one browser share. */
import {
  createPageReplicas,
  type Locks,
  type TextStorage,
} from "../../packages/client/src/page-replicas.ts";
import type { ReplicaStore } from "syncline";

/** A profile. */
export interface Profile {
  readonly rows: Map<string, string>;
  /** What a page of it has. */
  readonly replicas: ReplicaStore;
  /** The same profile on another machine. */
  copy(): Profile;
}

/** A profile with these rows. A write of more than `bytesMax` in all throws, as a full storage does. */
export const createProfile = (
  rows: ReadonlyMap<string, string> = new Map(),
  limits: { bytesMax: number } = { bytesMax: Number.POSITIVE_INFINITY },
): Profile => {
  const own = new Map(rows);
  const storage: TextStorage = {
    get length() {
      return own.size;
    },
    key: (index) => [...own.keys()][index] ?? null,
    getItem: (key) => own.get(key) ?? null,
    setItem: (key, text) => {
      const bytes = [...own].reduce((sum, [each, value]) => sum + each.length + value.length, 0);
      if (bytes + key.length + text.length > limits.bytesMax) throw new Error("QuotaExceededError");
      own.set(key, text);
    },
    removeItem: (key) => void own.delete(key),
  };
  return {
    rows: own,
    replicas: createPageReplicas(storage, createLocks()),
    copy: () => createProfile(own, limits),
  };
};

const createLocks = (): Locks => {
  const endByName = new Map<string, Promise<unknown>>();
  return {
    request: async (name, options, call) => {
      await Promise.resolve();
      while (endByName.has(name)) {
        if ("ifAvailable" in options) return call(null);
        const { signal } = options;
        await Promise.race([
          endByName.get(name),
          new Promise<void>((resolve) => {
            signal.addEventListener("abort", () => {
              resolve();
            });
          }),
        ]);
        signal.throwIfAborted();
      }
      const ended = Promise.resolve(call({ name }));
      endByName.set(name, ended);
      await ended;
      endByName.delete(name);
      return undefined;
    },
  };
};
