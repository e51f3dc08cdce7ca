/** One run: a cluster under a list of trouble, then healed, then asked for agreement, progress and a history that is linearizable. */
import { seededRandom } from "@syncline/machine";
import { describeFault, drawFaults, type Fault, type WorldTally } from "@syncline/simulator";
import { describeVerdict, judgeLinearizability, registerModel } from "@syncline/simulator/judges";
import { calm } from "../weathers.ts";
import {
  createRaftCluster,
  type RaftCluster,
  type RaftObserver,
  whyNotAgreed,
} from "./raft-cluster.ts";
import { describeAim, drawAims, type RaftAim } from "./raft-aims.ts";
import { describeRaftDeed, drawRaftDeeds, drawRaftSetup, type RaftDeed } from "./raft-deeds.ts";
import { wishesOf } from "./raft-plots.ts";
import type { RaftSetup } from "./raft-setup.ts";
import { strand } from "./raft-stranding.ts";

/** What happens in a run from outside: faults, deeds, and what an adversary waits for, in one list that can be shortened. */
export type RaftHappening =
  | { readonly by: "adversary"; readonly aim: RaftAim }
  | { readonly by: "fate"; readonly fault: Fault }
  | { readonly by: "people"; readonly deed: RaftDeed };

/** Everything that a seed says. */
export interface RaftStory {
  readonly setup: RaftSetup;
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

/** In election timeouts, but not less than the floor: snapshots and disks take their time, too. */
const AGREED_WITHIN_TIMEOUTS = 100;
const AGREED_WITHIN_MS = 120_000;

/** The story of this seed. */
export const drawRaftStory = (seed: number): RaftStory => {
  const random = seededRandom(seed).fork("raft");
  const setup = drawRaftSetup(seed, random.fork("setup"));
  const { forMs, plot } = setup;
  const isLeased = (setup.options.leaseReads ?? null) !== null;
  // A disk that goes back in time without a sign has forgotten its votes, and no Raft bears that. Leases rest on clocks, as their option says.
  const without = ["roll-back", "slow-reader", "break", ...(isLeased ? clockFaults : [])] as const;
  const targets = { members: setup.names, guests: [], without };
  const isPlain = plot === "anything" || (plot !== "scenes" && random.fork("plain").chance(0.3));
  const faults = isPlain ? drawFaults(random.fork("faults"), targets, forMs) : [];
  const deeds = drawRaftDeeds(setup, random.fork("deeds"));
  const { electionTimeoutMs = 1000 } = setup.options;
  const timeoutMs = plot === "hours" ? 30 * electionTimeoutMs : electionTimeoutMs;
  const aims = drawAims(wishesOf(setup), timeoutMs, random.fork("aims"), forMs);
  return {
    setup,
    happenings: [
      ...faults.map((fault) => ({ by: "fate", fault }) as const),
      ...deeds.map((deed) => ({ by: "people", deed }) as const),
      ...aims.map((aim) => ({ by: "adversary", aim }) as const),
    ].sort((left, right) => timeOfHappening(left) - timeOfHappening(right)),
  };
};

const clockFaults = ["clock-jump", "clock-drift"] as const;

/** When it happens, or begins to be waited for, in the world's time. */
export const timeOfHappening = (happening: RaftHappening): number => {
  switch (happening.by) {
    case "fate":
      return happening.fault.atMs;
    case "people":
      return happening.deed.atMs;
    case "adversary":
      return happening.aim.atMs;
  }
};

/** A happening in a line of words. */
export const describeRaftHappening = (happening: RaftHappening): string => {
  switch (happening.by) {
    case "fate":
      return describeFault(happening.fault);
    case "people":
      return describeRaftDeed(happening.deed);
    case "adversary":
      return describeAim(happening.aim);
  }
};

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

const endure = (cluster: RaftCluster, { setup: { forMs }, happenings }: RaftStory): void => {
  for (const happening of happenings) begin(cluster, happening);
  cluster.world.run(forMs);
};

const begin = (cluster: RaftCluster, happening: RaftHappening): void => {
  const { world, adversary } = cluster;
  switch (happening.by) {
    case "fate":
      return world.befall([happening.fault]);
    case "people": {
      const { deed } = happening;
      return world.schedule.at(deed.atMs, () => {
        world.note(describeRaftDeed(deed));
        cluster.perform(deed);
      });
    }
    case "adversary":
      return world.schedule.at(happening.aim.atMs, () => adversary.arm(happening.aim));
  }
};

/** Everything is made whole: clients must be answered again, all must agree, and come back from their disks. */
const recover = (cluster: RaftCluster): void => {
  const { world, clients, nodes, adversary } = cluster;
  world.note("everything is made whole");
  adversary.stop();
  world.heal();
  Object.assign(world.network.weather, calm);
  const unstrand = strand(cluster);
  untilServed(cluster, unstrand === null ? 2 : 4);
  if (unstrand !== null) {
    unstrand();
    untilServed(cluster, 1);
  }
  untilAgreed(cluster);
  world.note("all nodes lose power at once");
  for (const { node } of nodes) node.crash();
  for (const client of clients) client.start();
  untilServed(cluster, 1);
  untilAgreed(cluster);
  const members = nodes.filter(({ name }) => cluster.wanted.has(name));
  world.runUntil(() => cluster.oracle.whyNotDurable(members), withinMs(cluster));
};

const withinMs = ({ setup }: RaftCluster): number =>
  Math.max(
    AGREED_WITHIN_MS,
    AGREED_WITHIN_TIMEOUTS * ((setup.options.electionTimeoutMs ?? 1000) + setup.thinkMs),
  );

/** Until every client has been answered so many times more. */
const untilServed = (cluster: RaftCluster, count: number): void => {
  const { clients, world } = cluster;
  const before = clients.map(({ doneCount }) => doneCount);
  world.runUntil(() => {
    const late = clients.find(({ doneCount }, place) => doneCount < before[place]! + count);
    return late === undefined ? null : `${late.name} is not answered`;
  }, withinMs(cluster));
};

const untilAgreed = (cluster: RaftCluster): void => {
  const { clients, world } = cluster;
  for (const client of clients) client.stop();
  const whyBusy = () => (clients.every(({ isIdle }) => isIdle) ? null : "clients wait");
  world.runUntil(whyBusy, withinMs(cluster));
  world.runUntil(() => whyNotAgreed(cluster), withinMs(cluster));
};

const judge = ({ operations }: RaftCluster): void => {
  const verdict = judgeLinearizability(operations, registerModel());
  if (verdict.kind !== "holds") throw new Error(`linearizability: ${describeVerdict(verdict)}`);
};
