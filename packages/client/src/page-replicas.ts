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
    options: { readonly ifAvailable: true } | { readonly signal: AbortSignal },
    held: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

const prefix = "syncline/replica/";

/** How long to wait for an id that somebody has: a page that is being left, by a reload above all, lets go of its locks a moment later. */
const patienceMs = 300;

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
    const ids = idsIn(storage);
    for (const id of ids) {
      const release = await hold(locks, id, { ifAvailable: true });
      if (release !== null && storage.getItem(prefix + id) !== null) {
        return keptReplica(storage, id, release);
      }
      // Another page has forgotten it meanwhile.
      release?.();
    }
    return (await takeFirst(storage, locks, ids)) ?? add(storage, locks, newId);
  },
  add: (newId) => add(storage, locks, newId),
});

/** Takes the first of these ids that somebody lets go of; null if nobody does in time. */
const takeFirst = async (
  storage: TextStorage,
  locks: Locks,
  ids: readonly ReplicaId[],
): Promise<KeptReplica | null> => {
  if (ids.length === 0) return null;
  const ending = new AbortController();
  const timer = setTimeout(() => {
    ending.abort();
  }, patienceMs);
  let taken: KeptReplica | null = null;
  const waitFor = async (id: ReplicaId): Promise<void> => {
    const release = await hold(locks, id, { signal: ending.signal });
    if (release === null) return;
    if (taken !== null || storage.getItem(prefix + id) === null) return release();
    taken = keptReplica(storage, id, release);
    ending.abort();
  };
  await Promise.all(ids.map(waitFor));
  clearTimeout(timer);
  return taken;
};

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
  const release = await hold(locks, id, { ifAvailable: true });
  if (release === null) return null;
  storage.setItem(prefix + id, "");
  return keptReplica(storage, id, release);
};

/** Takes the lock of an id until the returned function is called; null if somebody else has it, or has it too long. */
const hold = async (
  locks: Locks,
  id: ReplicaId,
  options: Parameters<Locks["request"]>[1],
): Promise<(() => void) | null> =>
  new Promise((resolve) => {
    const held = (lock: unknown): Promise<void> | undefined => {
      if (lock !== null) {
        return new Promise((release) => {
          resolve(release);
        });
      }
      resolve(null);
      return undefined;
    };
    // Aborted, or refused to a page that is being left.
    locks.request(prefix + id, options, held).catch(() => {
      resolve(null);
    });
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
