/** One run: a cluster under a list of trouble, then healed, then asked for agreement, progress and a history that is linearizable. */
import { seededRandom } from "@syncline/machine";
import { describeFault, drawFaults, type Fault, type WorldTally } from "@syncline/simulator";
import { describeVerdict, judgeLinearizability, registerModel } from "@syncline/simulator/judges";
import {
  createRaftCluster,
  type RaftCluster,
  type RaftObserver,
  whyNotAgreed,
} from "./raft-cluster.ts";
import {
  describeRaftDeed,
  drawRaftDeeds,
  drawRaftDurationMs,
  drawRaftSetup,
  type RaftDeed,
  type RaftSetup,
} from "./raft-deeds.ts";

/** What happens in a run from outside: faults and deeds, in one list that can be shortened. */
export type RaftHappening =
  | { readonly by: "fate"; readonly fault: Fault }
  | { readonly by: "people"; readonly deed: RaftDeed };

/** Everything that a seed says. */
export interface RaftStory {
  readonly setup: RaftSetup;
  readonly forMs: number;
  readonly happenings: readonly RaftHappening[];
}

/** What came of a run. */
export interface RaftOutcome {
  /** Null if every promise held. */
  readonly failure: Error | null;
  readonly tally: WorldTally;
  readonly fingerprint: number;
  readonly cluster: RaftCluster;
}

const AGREED_WITHIN_MS = 120_000;

/** The story of this seed. */
export const drawRaftStory = (seed: number): RaftStory => {
  const random = seededRandom(seed).fork("raft");
  const setup = drawRaftSetup(seed, random.fork("setup"));
  const forMs = drawRaftDurationMs(random.fork("duration"));
  const isLeased = (setup.options.leaseReads ?? null) !== null;
  const faults = drawFaults(
    random.fork("faults"),
    {
      members: setup.names,
      guests: [],
      // A disk that goes back in time without a sign has forgotten its votes, and no Raft bears that. Leases rest on clocks, as their option says.
      without: ["roll-back", "slow-reader", "break", ...(isLeased ? clockFaults : [])],
    },
    forMs,
  );
  const deeds = drawRaftDeeds(setup, random.fork("deeds"), forMs);
  return {
    setup,
    forMs,
    happenings: [
      ...faults.map((fault) => ({ by: "fate", fault }) as const),
      ...deeds.map((deed) => ({ by: "people", deed }) as const),
    ].sort((left, right) => timeOfHappening(left) - timeOfHappening(right)),
  };
};

const clockFaults = ["clock-jump", "clock-drift"] as const;

/** When it happens, in the world's time. */
export const timeOfHappening = (happening: RaftHappening): number =>
  happening.by === "fate" ? happening.fault.atMs : happening.deed.atMs;

/** A happening in a line of words. */
export const describeRaftHappening = (happening: RaftHappening): string =>
  happening.by === "fate" ? describeFault(happening.fault) : describeRaftDeed(happening.deed);

/** Tells a story to its end, or to what was wrong first. */
export const tellRaftStory = (
  story: RaftStory,
  observe: RaftObserver | null = null,
): RaftOutcome => {
  const cluster = createRaftCluster(story.setup, observe);
  const { world } = cluster;
  let failure: Error | null = null;
  try {
    endure(cluster, story);
    recover(cluster);
    judge(cluster);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return { failure, tally: world.tally, fingerprint: world.fingerprint, cluster };
};

const endure = (cluster: RaftCluster, { forMs, happenings }: RaftStory): void => {
  const { world } = cluster;
  for (const happening of happenings) {
    if (happening.by === "fate") world.befall([happening.fault]);
    else {
      const { deed } = happening;
      world.schedule.at(deed.atMs, () => {
        world.note(describeRaftDeed(deed));
        cluster.perform(deed);
      });
    }
  }
  world.run(forMs);
};

/** Everything is made whole: clients must be answered again, all must agree, and come back from their disks. */
const recover = (cluster: RaftCluster): void => {
  const { world, clients, nodes } = cluster;
  world.note("everything is made whole");
  world.heal();
  Object.assign(world.network.weather, { lossRate: 0, duplicationRate: 0, reorderingRate: 0 });
  const before = clients.map(({ doneCount }) => doneCount);
  const whyNotServed = (): string | null => {
    const index = clients.findIndex(({ doneCount }, place) => doneCount < before[place]! + 2);
    return index < 0 ? null : `${clients[index]!.name} is not answered`;
  };
  world.runUntil(whyNotServed, AGREED_WITHIN_MS);
  for (const client of clients) client.stop();
  world.runUntil(() => (clients.every(({ isIdle }) => isIdle) ? null : "clients wait"), 60_000);
  world.runUntil(() => whyNotAgreed(cluster), AGREED_WITHIN_MS);
  world.note("all nodes lose power at once");
  for (const { node } of nodes) node.crash();
  for (const client of clients) client.start();
  const again = clients.map(({ doneCount }) => doneCount);
  world.runUntil(() => {
    const isServed = clients.every(({ doneCount }, place) => doneCount > again[place]!);
    return isServed ? null : "clients are not answered after a restart";
  }, AGREED_WITHIN_MS);
  for (const client of clients) client.stop();
  world.runUntil(() => (clients.every(({ isIdle }) => isIdle) ? null : "clients wait"), 60_000);
  world.runUntil(() => whyNotAgreed(cluster), AGREED_WITHIN_MS);
};

const judge = ({ operations }: RaftCluster): void => {
  const verdict = judgeLinearizability(operations, registerModel());
  if (verdict.kind !== "holds") throw new Error(`linearizability: ${describeVerdict(verdict)}`);
};
