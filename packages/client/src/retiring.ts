/** Who has changed a value, and asking that entries of replicas that are gone be folded into one. */
import {
  type Crdt,
  encodeFences,
  encodeJoined,
  type Fold,
  foldedReplica,
  foldingOf,
  type JoinedValue,
  newOrigin,
  type ReplicaId,
  wantedMax,
} from "@syncline/crdt";
import { isIncarnation } from "@syncline/clocks";
import type { SyncError } from "@syncline/machine";
import { waitable, type WaitOptions } from "./waiting.ts";

/** A replica that has changed a value, and what the value keeps of it. */
export interface ReplicaUse {
  readonly replica: ReplicaId;
  /** What of the value's bytes would go if it were retired. */
  readonly byteCount: number;
  /** How many batches it has sent, as far as is known here. */
  readonly batchCount: number;
  /** It is the one under which this client changes the value. */
  readonly isOwn: boolean;
}

/** All that a value keeps of replicas that were not retired, the most costly first. Cost: replicas × entries. */
export const replicasOf = <State>(
  type: Crdt<State, unknown, object>,
  { state, heads }: JoinedValue<State>,
  own: ReplicaId,
): readonly ReplicaUse[] => {
  const folding = foldingOf(type);
  const ids = new Set([...heads.keys(), ...folding.replicasIn(state)]);
  ids.delete(foldedReplica);
  const nothing = encodeJoined(type, new Map(), type.bottom()).length;
  const uses = [...ids].map((replica) => {
    const head = heads.get(replica);
    const kept = new Map(head === undefined ? [] : [[replica, head]]);
    const byteCount = encodeJoined(type, kept, folding.partOf(state, replica)).length - nothing;
    const batchCount = (head ?? newOrigin).number;
    return { replica, byteCount, batchCount, isOwn: replica === own };
  });
  return uses.sort(
    (left, right) => right.byteCount - left.byteCount || (left.replica < right.replica ? -1 : 1),
  );
};

/** The wishes of one value that were not granted yet. */
export interface Retiring<State> {
  /** Resolves when all of them are folded here; rejects as `settled` does. Throws a `RangeError` for what is no replica. */
  retire(replicas: readonly ReplicaId[], options: WaitOptions): Promise<void>;
  /** These were folded, or something else has come: what is not asked for any more is asked for again. */
  moved(performed: readonly Fold<State>[]): void;
  /** What was asked was not taken, because it came too late: it is asked again with the next news. */
  outdated(): void;
  /** Nobody will be retired. */
  ended(error: SyncError): void;
}

/** What it needs of the value. */
export interface RetiringPorts<State> {
  readonly value: JoinedValue<State>;
  /** Takes a payload in, and sends it. */
  readonly ask: (payload: Uint8Array) => void;
  /** Whether everything that a home has is here. */
  readonly isSynced: () => boolean;
}

interface Waiter {
  readonly left: Set<ReplicaId>;
  resolve(): void;
  reject(error: unknown): void;
}

/** No wishes. */
export const createRetiring = <State>(
  type: Crdt<State, unknown, object>,
  { value, ask, isSynced }: RetiringPorts<State>,
): Retiring<State> => {
  const waiters = new Set<Waiter>();

  const askFor = (replicas: Iterable<ReplicaId>): void => {
    const all = [...replicas].filter((replica) => !value.wanted.has(replica));
    for (let at = 0; at < all.length; at += wantedMax) {
      const wanted = new Map(
        all.slice(at, at + wantedMax).map((replica) => [replica, value.epoch]),
      );
      ask(encodeFences(type, { epoch: value.epoch, folds: new Map(), wanted }));
    }
  };

  const isUnknown = (replica: ReplicaId): boolean =>
    !value.heads.has(replica) && !foldingOf(type).replicasIn(value.state).has(replica);

  return {
    retire: async (replicas, options) => {
      for (const replica of replicas) {
        if (isIncarnation(replica) && replica !== foldedReplica) continue;
        throw new RangeError(`no replica id that can be retired: ${replica}`);
      }
      const left = new Set(replicas.filter((replica) => !isSynced() || !isUnknown(replica)));
      if (left.size === 0) return;
      await waitable((resolve, reject) => {
        const waiter: Waiter = { left, resolve, reject };
        waiters.add(waiter);
        askFor(left);
        return () => waiters.delete(waiter);
      }, options);
    },
    moved: (performed) => {
      for (const waiter of waiters) {
        for (const { retired } of performed) waiter.left.delete(retired);
        if (waiter.left.size === 0) waiter.resolve();
      }
      askFor(new Set([...waiters].flatMap(({ left }) => [...left])));
    },
    outdated: () => {
      for (const { left } of waiters) for (const replica of left) value.wanted.delete(replica);
    },
    ended: (error) => {
      for (const waiter of waiters) waiter.reject(error);
    },
  };
};
