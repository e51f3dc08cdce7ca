/** What a seed says: a cluster, its trouble, and what clients do in it. */
import { drawQuorums } from "./quorum-sizes.ts";
import type { ProposerLimits } from "@syncline/consensus/caspaxos";
import { type Random, seededRandom } from "@syncline/machine";
import { type Delays, drawFaults, type Fault, type Weather } from "@syncline/simulator";
import { drawAction, type ObjectAction, objectKeys } from "./objects.ts";

/** Something that a client does, or that is done about deleted registers. */
type Deed = { readonly atMs: number; readonly key: string } & (
  | {
      readonly kind: "operate";
      readonly client: string;
      readonly number: number;
      readonly action: ObjectAction;
      /** The proposers that it goes to, one after the other. */
      readonly by: readonly string[];
    }
  | { readonly kind: "collect"; readonly by: string }
);

/** A proposer's process ends, and another one begins. */
interface Restart {
  readonly atMs: number;
  readonly proposer: string;
  readonly afterEffects: number;
}

/** Everything that a seed says. */
export interface RegisterStory {
  readonly seed: number;
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  readonly prepareQuorum: number;
  readonly acceptQuorum: number;
  readonly isCoded: boolean;
  readonly delays: Delays;
  /** What befalls messages all along, besides faults. */
  readonly weather: Weather;
  readonly limits: Partial<ProposerLimits>;
  readonly registersMax: number;
  readonly forMs: number;
  readonly faults: readonly Fault[];
  readonly deeds: readonly Deed[];
  readonly restarts: readonly Restart[];
}

const acceptorNames = ["a", "b", "c", "d", "e", "f", "g"];

/** The story of this seed. */
export const drawRegisterStory = (seed: number): RegisterStory => {
  const random = seededRandom(seed).fork("caspaxos");
  const acceptors = acceptorNames.slice(0, random.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 7]));
  const proposers = ["p", "q", "r", "s"].slice(0, random.pick([1, 2, 2, 3, 4]));
  const forMs = random.pick([2000, 8000, 20_000, 60_000]);
  const minMs = random.pick([0.5, 1, 5]);
  const attemptMs = random.pick([60, 200, 1000]);
  return {
    seed,
    acceptors,
    proposers,
    ...drawQuorums(acceptors.length, random),
    isCoded: seed % 2 === 0,
    weather: random.pick([
      { lossRate: 0, duplicationRate: 0, reorderingRate: 0 },
      { lossRate: 0, duplicationRate: 0, reorderingRate: 0 },
      { lossRate: 0.02, duplicationRate: 0.5, reorderingRate: 0.1 },
      { lossRate: 0.2, duplicationRate: 0.2, reorderingRate: 0.2 },
    ]),
    delays: {
      minMs,
      meanMs: minMs + random.pick([1, 10, 50]),
      shape: random.pick(["uniform", "exponential", "heavy-tailed"] as const),
    },
    limits: {
      attemptMs,
      giveUpMs: attemptMs * random.pick([2, 5, 10]),
      backoffMs: random.pick([5, 20]),
      batchMax: random.pick([1, 3, 64]),
      keysMax: random.pick([1, 3, 1000]),
      clientsMax: random.pick([1, 3, 64]),
      resultsMax: random.pick([1, 2, 4]),
    },
    registersMax: random.pick([1, 3, 1000]),
    forMs,
    faults: drawFaults(
      random.fork("faults"),
      { members: acceptors, guests: proposers, without: ["break", "slow-reader", "roll-back"] },
      forMs,
    ),
    deeds: drawDeeds(proposers, random.fork("deeds"), forMs),
    restarts: drawRestarts(proposers, random.fork("restarts"), forMs),
  };
};

const drawRestarts = (
  proposers: readonly string[],
  random: Random,
  forMs: number,
): readonly Restart[] =>
  Array.from({ length: random.pick([0, 0, 2, 6, 20]) }, () => ({
    atMs: random.integer(0, forMs),
    proposer: random.pick(proposers),
    afterEffects: random.integer(0, 12),
  }));

const drawDeeds = (
  proposers: readonly string[],
  random: Random,
  forMs: number,
): readonly Deed[] => {
  const deeds: Deed[] = [];
  const clients = ["k", "l", "m", "o"].slice(0, random.integer(1, 5));
  // Few keys make them meet.
  const keys = objectKeys.filter(() => random.chance(0.6));
  if (keys.length === 0) keys.push("v1");
  const count = random.pick([10, 40, 120]);
  for (const client of clients) {
    const own = random.fork(client);
    const operationCount = Math.ceil(count / clients.length);
    const times = Array.from({ length: operationCount }, () => own.integer(0, forMs));
    for (const [index, atMs] of times.sort((left, right) => left - right).entries()) {
      const number = index + 1;
      const key = own.pick(keys);
      const tag = `${client}${number}`;
      deeds.push({
        atMs,
        kind: "operate",
        key,
        client,
        number,
        action: drawAction(key, tag, client, own),
        by: Array.from({ length: 4 }, () => own.pick(proposers)),
      });
    }
  }
  const collecting = random.fork("collections");
  for (const key of keys.filter((one) => one.startsWith("r"))) {
    for (let made = collecting.integer(0, 12); made > 0; made -= 1) {
      const atMs = collecting.integer(0, forMs);
      deeds.push({ atMs, kind: "collect", key, by: collecting.pick(proposers) });
    }
  }
  return deeds.sort((left, right) => left.atMs - right.atMs);
};
