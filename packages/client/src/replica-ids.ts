/** The ids under which a client changes values: one that its device keeps, and one for this run alone. */
import { incarnationOf, INCARNATION_BYTES } from "@syncline/clocks";
import { newOrigin, type Origin, type ReplicaId } from "@syncline/crdt";

/**
 * Where a device keeps replica ids, and how far it went under each.
 *
 * An id that goes on from an older state gives two meanings to one dot, so what is written must be there before the batch that it is about is sent, and
 * an id whose record was lost must not come back.
 */
export interface ReplicaStore {
  /** Takes a kept id that nobody else who shares the store uses at present, or else the new one. Resolves with null if nothing can be kept. */
  take(newId: ReplicaId): Promise<KeptReplica | null>;
  /** Takes the new id, and keeps it. */
  add(newId: ReplicaId): Promise<KeptReplica | null>;
}

/** An id that was taken, until it is released or forgotten. */
export interface KeptReplica {
  readonly id: ReplicaId;
  /** What was written last for this place, or null. */
  read(place: string): string | null;
  /** Replaces it. Throws if it cannot. */
  write(place: string, text: string): void;
  /** Nobody is to take this id again. */
  forget(): void;
  /** Others may take it. */
  release(): void;
}

/** The ids of one client. */
export interface ReplicaIds {
  /** Resolves when it is known which id the device keeps. */
  readonly ready: Promise<void>;
  /** The one that the device keeps: the same after a reload. */
  readonly lasting: ReplicaId;
  /** One for this run: for a value of which it is not known here yet how far the lasting one went. */
  readonly passing: ReplicaId;
  /** How far the lasting id went at this place. */
  originAt(place: string): Origin;
  /** Keeps how far an id has got, if it is the lasting one. */
  keep(id: ReplicaId, place: string, origin: Origin): void;
  /** Takes a new id in place of this one, for good. */
  giveUp(id: ReplicaId): void;
  /** Whether changes may be made under this id: it was not given up. */
  isCurrent(id: ReplicaId): boolean;
  close(): void;
}

/** The ids of a client with this store; without one they are new each time. */
export const createReplicaIds = (
  store: ReplicaStore | null,
  randomBytes: (byteCount: number) => Uint8Array,
): ReplicaIds => {
  const newId = (): ReplicaId => incarnationOf(Uint8Array.from(randomBytes(INCARNATION_BYTES)));
  let lasting = newId();
  let passing: ReplicaId | null = null;
  let kept: KeptReplica | null = null;
  let isClosed = false;

  const settle = async (taking: Promise<KeptReplica | null> | undefined): Promise<void> => {
    // A store that fails is none: the ids are of this run then.
    const taken = (await taking?.catch(() => null)) ?? null;
    if (taken === null) return;
    if (isClosed) return taken.release();
    kept = taken;
    lasting = taken.id;
  };

  return {
    ready: settle(store?.take(lasting)),
    get lasting() {
      return lasting;
    },
    get passing() {
      passing ??= newId();
      return passing;
    },
    originAt: (place) => originOf(kept?.read(place) ?? null),
    keep: (id, place, { number, digest }) => {
      if (kept?.id !== id) return;
      try {
        kept.write(place, `${number}:${digest}`);
      } catch {
        // No room, or no storage any more. The id goes on for this run, and is never taken up again: what it did from here on would be forgotten.
        kept.forget();
        kept = null;
      }
    },
    giveUp: (id) => {
      if (id === passing) passing = null;
      if (id !== lasting) return;
      kept?.forget();
      kept = null;
      lasting = newId();
      void settle(store?.add(lasting));
    },
    isCurrent: (id) => id === lasting || id === passing,
    close: () => {
      isClosed = true;
      kept?.release();
      kept = null;
    },
  };
};

const originOf = (text: string | null): Origin => {
  const [number, digest] = (text ?? "").split(":").map(Number);
  const isGood = Number.isSafeInteger(number) && Number.isSafeInteger(digest);
  return isGood ? { number: number ?? 0, digest: digest ?? 0 } : newOrigin;
};
