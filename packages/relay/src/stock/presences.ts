/** Who is in a room: each client's newest presence, and who answers for it. */
import {
  goneEntry,
  isGone,
  isJson,
  type PresenceEntry,
  readPresences,
} from "./presence-entries.ts";

/** Limits of a room's presences; what is beyond them is dropped and counted. */
export interface PresenceLimits {
  readonly presenceBytesMax: number;
  readonly presenceCountMax: number;
}

/** The presences of one room. `Owner` is the connection that a client's presence came by; null stands for the space. */
export interface Presences<Owner> {
  /**
   * Takes what a connection said. `news` is what others are to hear. `corrections` goes back: the connection holds a state of a client that has
   * left since; if it is that client's own, the client will say it again with a higher clock.
   */
  take(
    entries: readonly PresenceEntry[],
    owner: Owner,
  ): {
    readonly news: readonly PresenceEntry[];
    readonly corrections: readonly PresenceEntry[];
  };
  /** Takes what the space says of a client (empty bytes: it has left) and returns what the room's connections are to hear, or null. */
  takeFromSpace(client: number, bytes: Uint8Array): PresenceEntry | null;
  /** Ends the presences that this owner answers for, and returns their ends. */
  leave(owner: Owner | null): readonly PresenceEntry[];
  /** The space cannot be heard: what it does not say again before `sweep` has left meanwhile. */
  suspectSpace(): void;
  /** Ends what the space has not said again, and returns the ends. */
  sweep(): readonly PresenceEntry[];
  /** Everybody's newest. */
  all(): readonly PresenceEntry[];
  /** Entries that were dropped, for their size, their number or their bytes. */
  readonly droppedCount: number;
}

interface Known<Owner> {
  readonly entry: PresenceEntry;
  readonly owner: Owner | null;
}

/** Clocks of clients that have left and are remembered, so that a late copy of an old state does not bring a ghost back. */
const LEFT_COUNT_MAX = 1000;

interface Register<Owner> {
  readonly limits: PresenceLimits;
  readonly knownByClient: Map<number, Known<Owner>>;
  readonly leftClockByClient: Map<number, number>;
  readonly suspects: Set<number>;
  droppedCount: number;
}

/** A room with nobody in it. */
export const createPresences = <Owner extends object>(limits: PresenceLimits): Presences<Owner> => {
  const register: Register<Owner> = {
    limits,
    knownByClient: new Map(),
    leftClockByClient: new Map(),
    suspects: new Set(),
    droppedCount: 0,
  };
  const { knownByClient, suspects } = register;
  return {
    take: (entries, owner) => {
      const news: PresenceEntry[] = [];
      const corrections: PresenceEntry[] = [];
      for (const entry of entries) {
        const taken = takeOne(register, entry, owner);
        const correction = taken === null ? correctionOf(register, entry) : null;
        if (taken !== null) news.push(taken);
        if (correction !== null) corrections.push(correction);
      }
      return { news, corrections };
    },
    takeFromSpace: (client, bytes) => takeFromSpace(register, client, bytes),
    leave: (owner) => endAll(register, (_client, known) => known.owner === owner),
    suspectSpace: () => {
      for (const [client, { owner }] of knownByClient) if (owner === null) suspects.add(client);
    },
    sweep: () => {
      const ends = endAll(register, (client, { owner }) => owner === null && suspects.has(client));
      suspects.clear();
      return ends;
    },
    all: () => [...knownByClient.values()].map(({ entry }) => entry),
    get droppedCount() {
      return register.droppedCount;
    },
  };
};

/** As y-protocols takes it: newer by its clock, or an end at the clock that is known. */
const takeOne = <Owner>(
  register: Register<Owner>,
  entry: PresenceEntry,
  owner: Owner,
): PresenceEntry | null => {
  const { client, clock } = entry;
  const known = register.knownByClient.get(client);
  if (isGone(entry)) {
    return known === undefined || clock < known.entry.clock ? null : end(register, client, clock);
  }
  const knownClock = known?.entry.clock ?? register.leftClockByClient.get(client) ?? -1;
  if (clock <= knownClock || !isAcceptable(register, entry)) return null;
  return keep(register, entry, owner);
};

/** A client that has left cannot be at this clock or behind: whoever says so holds an old copy, or is that client, back again. */
const correctionOf = <Owner>(
  register: Register<Owner>,
  entry: PresenceEntry,
): PresenceEntry | null => {
  const leftClock = register.leftClockByClient.get(entry.client);
  if (isGone(entry) || leftClock === undefined || leftClock < entry.clock) return null;
  return goneEntry(entry.client, leftClock);
};

const takeFromSpace = <Owner>(
  register: Register<Owner>,
  client: number,
  bytes: Uint8Array,
): PresenceEntry | null => {
  const { knownByClient, leftClockByClient, suspects } = register;
  const known = knownByClient.get(client);
  if (bytes.length === 0) {
    // An end that another connection left behind says nothing about a client that is here now.
    const isSpaces = known !== undefined && known.owner === null;
    return isSpaces ? end(register, client, known.entry.clock) : null;
  }
  const [entry, ...more] = readPresences(bytes) ?? [];
  if (entry === undefined || more.length > 0 || entry.client !== client || isGone(entry)) {
    register.droppedCount += 1;
    return null;
  }
  suspects.delete(client);
  if (known !== undefined && entry.clock <= known.entry.clock) return null;
  if (entry.clock < (leftClockByClient.get(client) ?? -1)) return null;
  return isAcceptable(register, entry) ? keep(register, entry, null) : null;
};

const isAcceptable = <Owner>(register: Register<Owner>, entry: PresenceEntry): boolean => {
  const { knownByClient, limits } = register;
  const hasPlace = knownByClient.has(entry.client) || knownByClient.size < limits.presenceCountMax;
  const isGood = hasPlace && entry.json.length <= limits.presenceBytesMax && isJson(entry);
  if (!isGood) register.droppedCount += 1;
  return isGood;
};

const keep = <Owner>(
  { knownByClient, leftClockByClient }: Register<Owner>,
  entry: PresenceEntry,
  owner: Owner | null,
): PresenceEntry => {
  const own = { ...entry, json: entry.json.slice() };
  leftClockByClient.delete(entry.client);
  knownByClient.set(entry.client, { entry: own, owner });
  return own;
};

const end = <Owner>(
  { knownByClient, leftClockByClient, suspects }: Register<Owner>,
  client: number,
  clock: number,
): PresenceEntry => {
  knownByClient.delete(client);
  suspects.delete(client);
  leftClockByClient.delete(client);
  leftClockByClient.set(client, clock);
  for (const oldest of leftClockByClient.keys()) {
    if (leftClockByClient.size <= LEFT_COUNT_MAX) break;
    leftClockByClient.delete(oldest);
  }
  return goneEntry(client, clock);
};

const endAll = <Owner>(
  register: Register<Owner>,
  isMeant: (client: number, known: Known<Owner>) => boolean,
): readonly PresenceEntry[] =>
  [...register.knownByClient]
    .filter(([client, known]) => isMeant(client, known))
    .map(([client, { entry }]) => end(register, client, entry.clock));
