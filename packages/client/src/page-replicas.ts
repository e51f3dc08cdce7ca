/** Replica ids in a page's storage: shared by all its tabs, each of which has an id of its own while it is open. */
import type { ReplicaId } from "@syncline/crdt";
import type { KeptReplica, ReplicaStore } from "./replica-ids.ts";

/** Of a page's storage what is used here. */
export interface TextStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

/** Of the Web Locks what is used here. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    held: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

const prefix = "syncline/replica/";

/** The store of the page, or null where there is none: outside of pages, where storage is not allowed, and where there are no locks (a page without TLS). */
export const pageReplicas = (): ReplicaStore | null => {
  const page = globalThis as {
    readonly document?: unknown;
    readonly localStorage?: TextStorage;
    readonly navigator?: { readonly locks?: Locks };
  };
  // Node has storages and locks of its own by now, which mean something else.
  if (page.document === undefined) return null;
  try {
    const { localStorage: storage, navigator } = page;
    const locks = navigator?.locks;
    return storage === undefined || locks === undefined ? null : createPageReplicas(storage, locks);
  } catch {
    // To ask for the storage of a page that may not have one is an exception.
    return null;
  }
};

/**
 * Ids in a storage, each held by a lock: a tab that is closed or dies lets go of its id, and the next tab takes it up.
 *
 * Each id is a row of its own, so that two tabs that add one do not overwrite each other's. What was written is there for other tabs at once, and on
 * the disk some time later: should that be lost in a power cut, the id is found to have done more than is known, and given up.
 */
export const createPageReplicas = (storage: TextStorage, locks: Locks): ReplicaStore => ({
  take: async (newId) => {
    for (const id of idsIn(storage)) {
      const release = await hold(locks, id);
      // Another tab may have forgotten it before this one got the lock.
      if (release !== null && storage.getItem(prefix + id) !== null) {
        return keptReplica(storage, id, release);
      }
      release?.();
    }
    return add(storage, locks, newId);
  },
  add: (newId) => add(storage, locks, newId),
});

const idsIn = (storage: TextStorage): readonly ReplicaId[] =>
  keysIn(storage, prefix)
    .map((key) => key.slice(prefix.length))
    .filter((rest) => !rest.includes("/"))
    .sort();

const keysIn = (storage: TextStorage, start: string): readonly string[] =>
  Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "").filter((key) =>
    key.startsWith(start),
  );

/** Takes the lock first, so that nobody else can take the id once it is seen. */
const add = async (
  storage: TextStorage,
  locks: Locks,
  id: ReplicaId,
): Promise<KeptReplica | null> => {
  const release = await hold(locks, id);
  if (release === null) return null;
  storage.setItem(prefix + id, "");
  return keptReplica(storage, id, release);
};

/** Takes the lock of an id until the returned function is called; null if somebody else has it. */
const hold = async (locks: Locks, id: ReplicaId): Promise<(() => void) | null> =>
  new Promise((resolve, reject) => {
    const held = (lock: unknown): Promise<void> | undefined => {
      if (lock !== null) {
        return new Promise((release) => {
          resolve(release);
        });
      }
      resolve(null);
      return undefined;
    };
    locks.request(prefix + id, { ifAvailable: true }, held).catch(reject);
  });

const keptReplica = (storage: TextStorage, id: ReplicaId, release: () => void): KeptReplica => {
  const keyOf = (place: string): string => `${prefix}${id}/${place}`;
  return {
    id,
    read: (place) => storage.getItem(keyOf(place)),
    write: (place, text) => {
      storage.setItem(keyOf(place), text);
    },
    forget: () => {
      storage.removeItem(prefix + id);
      for (const key of keysIn(storage, `${prefix}${id}/`)) storage.removeItem(key);
      release();
    },
    release,
  };
};
