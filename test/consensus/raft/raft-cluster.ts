/** A cluster in its world, with an operator who makes its members what they should be, clients, and an oracle. */
import {
  changeMembers,
  type Configuration,
  encodeSessionCommand,
  isJoint,
  type MembershipChange,
  nameOfNode,
  nodeIdOf,
  type RaftMessage,
} from "@syncline/consensus/raft";
import { seededRandom } from "@syncline/machine";
import { World, type WorldEvent } from "@syncline/simulator";
import type { Operation } from "@syncline/simulator/judges";
import { type Adversary, createAdversary } from "./raft-adversary.ts";
import { type Client, createClient } from "./raft-clients.ts";
import type { RaftDeed } from "./raft-deeds.ts";
import type { RaftSetup } from "./raft-setup.ts";
import type { DiskView } from "./raft-disk.ts";
import { addRaftNode, type RaftNode } from "./raft-node.ts";
import { createRaftOracle, type RaftOracle } from "./raft-oracle.ts";

/** A cluster. */
export interface RaftCluster {
  readonly setup: RaftSetup;
  readonly world: World<RaftMessage>;
  readonly oracle: RaftOracle;
  readonly adversary: Adversary;
  readonly nodes: readonly RaftNode[];
  readonly clients: readonly Client[];
  readonly operations: Operation[];
  /** The names of those who are to be members. */
  readonly wanted: Set<string>;
  perform(deed: RaftDeed): void;
}

/** What sees everything that happens. */
export type RaftObserver = (event: WorldEvent<RaftMessage>) => void;

/** A cluster in which every process runs and clients have begun. */
export const createRaftCluster = (
  setup: RaftSetup,
  observe: RaftObserver | null = null,
): RaftCluster => {
  const { seed, names, initialCount } = setup;
  const random = seededRandom(seed);
  const nodes: RaftNode[] = [];
  const disks = new Map<string, DiskView>();
  const oracle = createRaftOracle(disks);
  const world: World<RaftMessage> = new World<RaftMessage>({
    seed,
    delays: setup.delays,
    weather: setup.weather,
    eventCountMax: 1_000_000,
    mayLose: (node) => {
      const found = nodes.find(({ name }) => name === node.name);
      return found !== undefined && mayLose(nodes, found);
    },
    ...(observe === null ? {} : { observe }),
  });
  const adversary = createAdversary({
    world,
    nodes,
    diskMs: setup.diskDelays.meanMs,
    mayLose: (node) => mayLose(nodes, node),
  });
  const initial = names.slice(0, initialCount);
  const bootstrap = initial.map((name) => nodeIdOf(name, "1"));
  names.forEach((name, index) => {
    const node = addRaftNode({
      ...setup,
      world,
      oracle,
      name,
      index,
      bootstrap: initial.includes(name) ? bootstrap : null,
      disks,
      stepped: (stepping) => adversary.look(stepping),
    });
    nodes.push(node);
  });
  let valueCount = 0;
  const operations: Operation[] = [];
  const clients = Array.from({ length: setup.clientCount }, (_, index) =>
    createClient({
      ...setup,
      world,
      nodes,
      name: `client-${index}`,
      random: random.fork(`client-${index}`),
      nextValue: () => {
        valueCount += 1;
        return valueCount;
      },
      operations,
    }),
  );
  const wanted = new Set(initial);
  const cluster: RaftCluster = {
    setup,
    world,
    oracle,
    adversary,
    nodes,
    clients,
    operations,
    wanted,
    perform: (deed) => perform(cluster, deed),
  };
  begin(cluster);
  return cluster;
};

const begin = (cluster: RaftCluster): void => {
  const { nodes, clients, setup } = cluster;
  for (const { node } of nodes) node.start();
  for (const client of clients) client.start();
  every(cluster, setup.operatorEveryMs, () => operate(cluster));
  every(cluster, setup.expireEveryMs, () => {
    const timeMs = Math.floor(cluster.world.nowMs);
    leaderOf(cluster)?.propose(encodeSessionCommand({ kind: "expire", timeMs }), () => {});
  });
};

const every = (cluster: RaftCluster, everyMs: number, run: () => void): void => {
  const { schedule } = cluster.world;
  const again = (): void => {
    run();
    schedule.at(schedule.nowMs + everyMs, again);
  };
  schedule.at(everyMs, again);
};

/** The leader of the latest term, if its process runs. */
export const leaderOf = ({ nodes }: RaftCluster): RaftNode | null => {
  let found: RaftNode | null = null;
  for (const node of nodes) {
    if (node.node.phase !== "running" || node.raft?.state.role.kind !== "leader") continue;
    if (found === null || node.raft.state.term > (found.raft?.state.term ?? 0)) found = node;
  }
  return found;
};

/** The configuration that holds at a node. */
const configurationAtNode = ({ raft }: RaftNode): Configuration | null =>
  raft?.state.log.configurations.at(-1)?.configuration ?? null;

/** Whether all decisions can be made without this node. */
export const isDispensable = ({ nodes }: RaftCluster, node: RaftNode): boolean =>
  mayLose(nodes, node);

/** Not if a majority of any configuration that anybody may decide by would be gone. */
const mayLose = (nodes: readonly RaftNode[], lost: RaftNode): boolean => {
  const rest = nodes.filter(
    (node) => node !== lost && !node.node.hasDamage && node.view.hole === null,
  );
  const living = new Set(rest.map(({ id }) => id));
  return configurationsOf(nodes).every(({ voters, outgoing }) =>
    [voters, outgoing].every((half) => {
      const count = half.filter((voter) => living.has(voter)).length;
      return half.length === 0 || count > half.length / 2;
    }),
  );
};

/** Every configuration in anybody's memory or on anybody's disk that may still hold. */
const configurationsOf = (nodes: readonly RaftNode[]): readonly Configuration[] =>
  nodes.flatMap(({ view, raft }) => [
    ...(view.snapshot === null ? [] : [view.snapshot.configuration]),
    ...[...view.entries.values()].flatMap((entry) =>
      entry.kind === "configuration" ? [entry.configuration] : [],
    ),
    ...(raft?.state.log.configurations.map(({ configuration }) => configuration) ?? []),
  ]);

/** Brings the members one step nearer to what is wanted: newcomers first learn, then vote; who is not wanted, or has lost his disk, goes. */
const operate = (cluster: RaftCluster): void => {
  const leader = leaderOf(cluster);
  const configuration = leader === null ? null : configurationAtNode(leader);
  if (leader === null || configuration === null) return;
  if (isJoint(configuration)) {
    if (configuration.isLeavingByItself) return;
    return leader.request((token) => ({ kind: "leave-joint", token }));
  }
  const changes = changesFor(cluster, configuration);
  if (changes.length === 0 || !isSound(cluster, configuration, changes)) return;
  const isLeavingByItself = cluster.world.nowMs % 3 !== 0;
  leader.request((token) => ({ kind: "change-members", token, changes, isLeavingByItself }));
};

/** Whether a majority of the voters to be is there with whole disks. Nobody can know that for sure who is not told by the world. */
const isSound = (
  { nodes }: RaftCluster,
  configuration: Configuration,
  changes: readonly MembershipChange[],
): boolean => {
  const result = changeMembers(configuration, changes);
  if (result.kind === "refused") return true;
  const { voters } = result.configuration;
  const sound = nodes.filter(({ node, view }) => !node.hasDamage && view.hole === null);
  return voters.filter((id) => sound.some((node) => node.id === id)).length > voters.length / 2;
};

const changesFor = (
  { nodes, wanted }: RaftCluster,
  { voters, learners }: Configuration,
): readonly MembershipChange[] => {
  const ids = nodes.filter(({ name }) => wanted.has(name)).map(({ id }) => id);
  const newcomer = ids.find((id) => !voters.includes(id) && !learners.includes(id));
  if (newcomer !== undefined) return [{ kind: "add-learner", node: newcomer }];
  const promoted = ids.filter((id) => learners.includes(id));
  // Those first who are gone already: whoever is there is needed till then.
  const living = new Set(nodes.map(({ id }) => id));
  const removed = [...voters, ...learners]
    .filter((id) => !ids.includes(id))
    .sort((left, right) => Number(living.has(left)) - Number(living.has(right)));
  // One replaces one: a member that is gone leaves together with the coming of who takes its place.
  const changes: MembershipChange[] = promoted
    .slice(0, 2)
    .map((node) => ({ kind: "promote", node }));
  // Learners do not count: when they did, one who had lost his disk five times could never be tidied away (seed 38).
  const isLast =
    removed.filter((id) => voters.includes(id)).length >= voters.length + promoted.length;
  if (isLast) return changes;
  return [...changes, ...removed.slice(0, 2).map((node) => ({ kind: "remove", node }) as const)];
};

const perform = (cluster: RaftCluster, deed: RaftDeed): void => {
  const { wanted, nodes } = cluster;
  switch (deed.kind) {
    case "want":
      wanted.add(deed.node);
      return;
    case "unwant":
      if (wanted.size > 1) wanted.delete(deed.node);
      return;
    case "replace":
      wanted.clear();
      for (const name of deed.nodes) wanted.add(name);
      return;
    case "transfer": {
      const leader = leaderOf(cluster);
      const to = nodes.find(({ name }) => name === deed.node);
      if (leader === null || to === undefined) return;
      return leader.request((token) => ({ kind: "transfer", token, to: to.id }));
    }
    case "campaign":
      return nodes.find(({ name }) => name === deed.node)?.request(() => ({ kind: "campaign" }));
    case "demote": {
      const leader = leaderOf(cluster);
      const node = nodes.find(({ name }) => name === deed.node);
      if (leader === null || node === undefined) return;
      const changes = [{ kind: "demote", node: node.id } as const];
      const configuration = configurationAtNode(leader);
      if (configuration === null || !isSound(cluster, configuration, changes)) return;
      return leader.request((token) => ({ kind: "change-members", token, changes }));
    }
    case "rot": {
      const node = nodes.find(({ name }) => name === deed.node);
      if (node !== undefined) rot(cluster, node, deed.place);
    }
  }
};

/** A disk loses the end of its log, and its store notices at the next start. */
const rot = ({ nodes, world }: RaftCluster, node: RaftNode, place: number): void => {
  if (node.node.hasDamage || !mayLose(nodes, node)) return;
  node.node.crash();
  if (node.disk.rot(place)) world.note(`the disk of ${node.name} loses the end of its log`);
};

/** What is not yet as it must be once everything is whole, or null. */
export const whyNotAgreed = (cluster: RaftCluster): string | null => {
  const { nodes, wanted, oracle } = cluster;
  const leader = leaderOf(cluster);
  const configuration = leader === null ? null : configurationAtNode(leader);
  if (leader === null || configuration === null) return "there is no leader";
  const ids = nodes.filter(({ name }) => wanted.has(name)).map(({ id }) => id);
  const members = [...configuration.voters, ...configuration.learners];
  const isWanted =
    !isJoint(configuration) &&
    configuration.voters.length === ids.length &&
    members.length === ids.length &&
    ids.every((id) => configuration.voters.includes(id));
  if (!isWanted) return `the members are ${members.map(nameOfNode).join()}: ${[...wanted].join()}`;
  for (const node of nodes) {
    if (!ids.includes(node.id)) continue;
    if (node.view.hole !== null) return `${node.name} is not mended`;
    if (node.appliedIndex < oracle.committedCount) return `${node.name} lags`;
  }
  return null;
};
