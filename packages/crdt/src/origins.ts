/** Whether two devices write under one replica id: found out at the first place where both are heard, for every type. */
import { isIncarnation } from "@syncline/clocks";
import type { ReplicaId } from "./crdt.ts";

/**
 * A delta with its place among all that its replica ever sent.
 *
 * A counter's total or a removed dot does not show who wrote it, so a copied profile would silently lose counts. The chain shows it: two devices that
 * go on from one past give one number two meanings.
 */
export interface Sent {
  readonly replica: ReplicaId;
  /** Counted from 1 at the replica, without a gap. */
  readonly number: number;
  /** The digest of everything that the replica had sent before. */
  readonly before: number;
  readonly bytes: Uint8Array;
}

/** How far a replica has got: what it keeps on its device beside the state, and what others keep of it. */
export interface Origin {
  readonly number: number;
  readonly digest: number;
}

/** A replica that has sent nothing. */
export const newOrigin: Origin = { number: 0, digest: 0 };

/** The replica's next delta, and how far it is then. */
export const send = (
  replica: ReplicaId,
  origin: Origin,
  bytes: Uint8Array,
): { readonly sent: Sent; readonly origin: Origin } => {
  if (!isIncarnation(replica)) throw new RangeError(`no replica id: ${replica}`);
  const sent = { replica, number: origin.number + 1, before: origin.digest, bytes };
  return { sent, origin: { number: sent.number, digest: digestOf(sent) } };
};

/**
 * What came of hearing a delta. `next`: apply it. `known`: it was heard before. `gap`: something before it is missing; it may be applied, and is to be
 * checked again when that has come. `cloned`: refuse it, since its replica id is that of two devices; one of them takes a new one.
 */
export type Hearing = "next" | "known" | "gap" | "cloned";

/** What is known of all replicas' chains. */
export interface Origins {
  /** Checks a delta against what was heard of its replica before, one's own included, and takes note of it. Constant time, beside hashing the bytes. */
  readonly hear: (sent: Sent) => Hearing;
  /** How far a replica was heard without a gap. */
  readonly heardOf: (replica: ReplicaId) => Origin;
}

/** How many of a replica's last deltas are recognised when they come again. Older ones count as known. */
export const recognisedMax = 256;

/** What is known, from what was kept. A device hears its own deltas too, so that it finds out when another sends under its id. */
export const createOrigins = (kept: Iterable<readonly [ReplicaId, Origin]> = []): Origins => {
  const heard = new Map<ReplicaId, Origin>(kept);
  const recent = new Map<ReplicaId, Map<number, number>>();
  const heardOf = (replica: ReplicaId): Origin => heard.get(replica) ?? newOrigin;
  return {
    heardOf,
    hear: (sent) => {
      const { replica, number, before } = sent;
      const known = heardOf(replica);
      if (number > known.number + 1) return "gap";
      const digest = digestOf(sent);
      const digests = recent.get(replica) ?? new Map<number, number>();
      if (number <= known.number) {
        const same = number === known.number ? known.digest : (digests.get(number) ?? digest);
        return same === digest ? "known" : "cloned";
      }
      if (before !== known.digest) return "cloned";
      heard.set(replica, { number, digest });
      digests.set(number, digest).delete(number - recognisedMax);
      recent.set(replica, digests);
      return "next";
    },
  };
};

/**
 * 52 bits of everything up to and with this delta: two 26-bit halves of two multiplicative hashes (FNV-1a with two primes). By chance two differing
 * chains agree once in 4 * 10^15; it is no protection against somebody who wants them to.
 */
const digestOf = ({ number, before, bytes }: Sent): number => {
  let low = mix(0x811c9dc5, before % 2 ** 26, 0x01000193);
  let high = mix(0x9dc5811c, Math.floor(before / 2 ** 26), 0x85ebca6b);
  low = mix(low, number % 2 ** 26, 0x01000193);
  high = mix(high, Math.floor(number / 2 ** 26), 0x85ebca6b);
  for (const byte of bytes) {
    low = mix(low, byte, 0x01000193);
    high = mix(high, byte, 0x85ebca6b);
  }
  return (finished(high) >>> 6) * 2 ** 26 + (finished(low) >>> 6);
};

const mix = (hash: number, value: number, prime: number): number => {
  const product = Math.imul(hash ^ value, prime);
  return product ^ (product >>> 15);
};

/** The finalizer of MurmurHash3: each bit turns about half of the others. */
const finished = (hash: number): number => {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};
