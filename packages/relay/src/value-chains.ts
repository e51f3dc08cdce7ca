/** Which run of which device wrote what of a value: two devices with one replica id are found out before the second is believed. */
import { sentIn } from "@syncline/crdt";
import type { Batch } from "@syncline/gossip";

/** The chains of replicas in values, as far as this process has seen them. */
export interface ValueChains {
  /**
   * Whether a batch that a client sends is of a second device under its replica id; if not, takes note of it.
   *
   * What came before this process began, or longer ago than is remembered, is not known here; then the clients find it out when they see each other's.
   * A batch that is sent again is none of a second device.
   */
  isCloned(space: string, batch: Batch): boolean;
  /** Takes note of a batch that this relay or another has admitted. */
  note(space: string, batch: Batch): void;
}

/** Numbers that one run of a device has given, without another's between them. */
interface Run {
  readonly session: number;
  readonly from: number;
  to: number;
  /** The digest at `to`. */
  digest: number;
}

interface Chain {
  /** The last ones, in order. */
  readonly runs: Run[];
  /** Runs of which a batch was refused: all that follows is refused, too. */
  readonly refused: Set<number>;
}

type Place = NonNullable<ReturnType<typeof sentIn>>;

/** Larger batches are not looked at: their digest would hold everything else up. The next one then stands behind a gap, and is believed. */
const payloadBytesMax = 64 * 1024;
/** Replicas in values that are remembered; the one that was silent longest is forgotten. */
const chainsMax = 20_000;
/** Runs of each that are. */
const runsMax = 8;

/** Nothing seen yet. */
export const createValueChains = (): ValueChains => {
  const chains = new Map<string, Chain>();

  const chainOf = (space: string, { document }: Batch, { sent }: Place): Chain => {
    const key = `${space}\n${document}\n${sent.replica}`;
    const chain = chains.get(key) ?? { runs: [], refused: new Set() };
    chains.delete(key);
    chains.set(key, chain);
    const [oldest] = chains.size > chainsMax ? chains.keys() : [];
    if (oldest !== undefined) chains.delete(oldest);
    return chain;
  };

  return {
    isCloned: (space, batch) => {
      const place = placeOf(batch);
      if (place === null) return false;
      const chain = chainOf(space, batch, place);
      if (!isOfAnother(chain, place)) {
        extend(chain, place);
        return false;
      }
      if (chain.refused.size < runsMax) chain.refused.add(place.session);
      return true;
    },
    note: (space, batch) => {
      const place = placeOf(batch);
      if (place !== null) extend(chainOf(space, batch, place), place);
    },
  };
};

const placeOf = ({ type, payload }: Batch): Place | null =>
  type === "yjs" || payload.length > payloadBytesMax ? null : sentIn(payload);

const isOfAnother = ({ runs, refused }: Chain, { sent, session }: Place): boolean => {
  if (refused.has(session)) return true;
  const last = runs.at(-1);
  if (last === undefined) return false;
  if (sent.number > last.to) return sent.number === last.to + 1 && sent.before !== last.digest;
  const run = runs.find(({ from, to }) => from <= sent.number && sent.number <= to);
  return run !== undefined && run.session !== session;
};

/** What is older than the newest is known already, or came late and adds nothing to what a chain is compared by. */
const extend = ({ runs }: Chain, { sent, origin, session }: Place): void => {
  const last = runs.at(-1);
  if (last !== undefined && sent.number <= last.to) return;
  if (last?.session === session) {
    last.to = sent.number;
    last.digest = origin.digest;
    return;
  }
  runs.push({ session, from: sent.number, to: sent.number, digest: origin.digest });
  if (runs.length > runsMax) runs.shift();
};
