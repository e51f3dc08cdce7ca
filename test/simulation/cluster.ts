/** Homes and edges in one world, and what must hold once everything is whole again. */
import { covers, numberOf } from "@syncline/clocks";
import type { SpaceMessage } from "@syncline/gossip";
import { type Dialler, World, type WorldEvent } from "@syncline/simulator";
import type { ClusterSetup, Deed } from "./deeds.ts";
import { addEdge, type SimulatedEdge, whyNotAtRest } from "./edge-node.ts";
import { addHome, type SimulatedHome } from "./home-node.ts";
import { type Folds, noFolds } from "./folds.ts";
import { nameOf } from "./items.ts";
import { createOracle, type Oracle } from "./oracle.ts";
import { whyNotSeen } from "./presence.ts";
import type { Seal } from "./rows.ts";

/** A cluster in its world. */
export interface Cluster {
  readonly world: World<SpaceMessage>;
  readonly oracle: Oracle;
  readonly homes: readonly SimulatedHome[];
  /** Those of the setup; newcomers are down until they are needed. */
  readonly edges: readonly SimulatedEdge[];
  readonly newcomers: readonly SimulatedEdge[];
  /** Whether no merge of a document fails; one that does may lose a wish that something be folded. */
  readonly isEachMerged: boolean;
  perform(deed: Deed): void;
  /** Points an edge at a home, or at none. */
  point(edge: SimulatedEdge, home: string | null): void;
}

/** What sees everything that happens. */
export type Observer = (event: WorldEvent<SpaceMessage>) => void;

/** A cluster in which all homes are up and every edge dials one. */
export const createCluster = (
  setup: ClusterSetup,
  seal: Seal,
  observe: Observer | null = null,
): Cluster => {
  const { seed, homeNames, edgeNames, isCoded } = setup;
  const oracle = createOracle();
  const writeQuorum = Math.floor(homeNames.length / 2) + 1;
  const homeByName = new Map<string, SimulatedHome>();
  const viewOf = (name: string) => homeByName.get(name)?.view ?? null;
  let itemCount = 0;
  let authorCount = 0;

  const world: World<SpaceMessage> = new World<SpaceMessage>({
    seed,
    delays: setup.delays,
    eventCountMax: 1_000_000,
    mayLose: (node) => {
      const home = homeByName.get(node.name);
      return home === undefined || mayLose(cluster, home, writeQuorum);
    },
    mayRollBack: (node) => {
      const home = homeByName.get(node.name);
      if (home === undefined || !mayRollBack(cluster, home, setup)) return false;
      home.isRolledBack = true;
      oracle.noteLostDisk();
      return true;
    },
    ...(observe === null ? {} : { observe }),
  });

  const homes = homeNames.map((name, index) =>
    addHome({
      ...setup,
      world,
      oracle,
      name,
      index,
      writeQuorum,
      viewOf,
      seal,
      limits: setup.homeLimits,
    }),
  );
  for (const home of homes) homeByName.set(home.name, home);
  const edgeNamed = (name: string, index: number): SimulatedEdge =>
    addEdge({
      world,
      oracle,
      seed,
      name,
      index,
      isCoded,
      viewOf,
      homeCount: homeNames.length,
      limits: setup.edgeLimits,
      nextItem: () => itemCount++,
      nextAuthor: () => authorCount++,
      isRolledBack: (home) => homeByName.get(home)?.isRolledBack ?? false,
    });
  const edges = edgeNames.map(edgeNamed);
  const newcomers = homeNames.map((name, index) => edgeNamed(`n${name}`, edgeNames.length + index));

  const edgeByName = new Map(edges.map((edge) => [edge.name, edge]));
  const cluster: Cluster = {
    world,
    oracle,
    homes,
    edges,
    newcomers,
    isEachMerged: setup.failingCompactions === 0,
    point: (edge, home) => edge.dialler.point(home === null ? null : world.node(home)),
    perform: (deed) => {
      const edge = edgeByName.get(deed.edge);
      if (edge === undefined) return;
      switch (deed.kind) {
        case "edit":
          return edge.edit(deed.document, deed.count);
        case "show":
          return edge.show(deed.isHere);
        case "retire":
          return edge.retire(deed.document, deed.replica);
        case "restart":
          return edge.restart();
        case "move":
          return cluster.point(edge, deed.home);
      }
    },
  };
  begin(cluster);
  return cluster;
};

const begin = (cluster: Cluster): void => {
  const { world, homes, edges } = cluster;
  for (const { node } of [...homes, ...edges]) node.start();
  homes.forEach((home, index) => {
    for (const other of homes.slice(index + 1)) {
      const dialler: Dialler<SpaceMessage> = world.addDialler(home.node);
      dialler.point(other.node);
    }
  });
  edges.forEach((edge, index) => cluster.point(edge, homes[index % homes.length]!.name));
};

/** Not if it would lose what was called settled, or may have been: more disks would be gone at once than the promise allows for. */
const mayLose = (cluster: Cluster, home: SimulatedHome, writeQuorum: number): boolean => {
  const others = cluster.homes.filter(
    (other) => other !== home && !other.node.hasDamage && other.isViewed,
  );
  for (const item of home.view.items.items) {
    if (!cluster.oracle.hasBeenOn(item, writeQuorum)) continue;
    if (!others.some(({ view }) => view.items.has(item.id))) return false;
  }
  if (![...home.view.folds].every(([document, folds]) => isKnown(others, document, folds))) {
    return false;
  }
  cluster.oracle.noteLostDisk();
  return true;
};

/** Whether another disk says what was folded: once all are lost, others may be proposed for the same epochs. */
const isKnown = (others: readonly SimulatedHome[], document: string, { epoch }: Folds): boolean =>
  others.some(({ view }) => {
    const { proposals } = view.folds.get(document) ?? noFolds;
    return Array.from({ length: epoch }, (_, index) => index + 1).every((begun) =>
      proposals.has(begun),
    );
  });

/** Only when everybody who knows more can say so at the first contact. */
const mayRollBack = (cluster: Cluster, home: SimulatedHome, setup: ClusterSetup): boolean => {
  const others = cluster.homes.filter((other) => other !== home);
  if (others.length === 0 || (setup.homeLimits.readWaitMs ?? 0) < 2000) return false;
  // Itself it is down by now.
  const isMet = others.every((other) => {
    const peers = other.home?.state.peers.values() ?? [];
    return (
      other.node.phase === "running" &&
      !other.node.hasDamage &&
      [...peers].every((peer) => peer.isHeard || peer.home === home.name)
    );
  });
  const reached = ({ view }: SimulatedHome): number => numberOf(view.vector, home.view.incarnation);
  return isMet && reached(home) <= Math.max(...others.map(reached));
};

/** What is still to be folded, or null: all that was proposed is performed everywhere, and all that was wanted if no merge fails. */
const whyNotFolded = (homes: readonly SimulatedHome[], isEachMerged: boolean): string | null => {
  for (const { name, view } of homes) {
    for (const [document, { epoch, proposals, wanted }] of view.folds) {
      if (proposals.has(epoch + 1)) return `${name} has not performed a fold of ${document}`;
      const folded = homes[0]?.view.folds.get(document)?.epoch ?? 0;
      if (epoch !== folded) return `${name} has folded ${epoch} of ${document}, not ${folded}`;
      if (isEachMerged && wanted.size > 0) return `${name} has not folded ${[...wanted].join(" ")}`;
    }
  }
  return null;
};

/** What is not yet as it must be once everything is whole, or null. */
export const whyNotAgreed = (cluster: Cluster): string | null => {
  const { homes, edges, newcomers, oracle } = cluster;
  const [first] = homes;
  if (first === undefined) return null;
  for (const { name, home, view } of homes) {
    if (home === null) return `${name} is down`;
    const unheard = [...home.state.peers.values()].find((peer) => !peer.isHeard);
    if (unheard !== undefined) return `${name} has not met ${unheard.home}`;
    if (view.items.items.length !== first.view.items.items.length) return `${name} has other items`;
    if (view.items.digest !== first.view.items.digest) return `${name} has other items`;
    if (!covers(view.vector, first.view.vector) || !covers(first.view.vector, view.vector)) {
      return `${name} has other logs`;
    }
  }
  const folding = whyNotFolded(homes, cluster.isEachMerged);
  if (folding !== null) return folding;
  const present = [...edges, ...newcomers.filter(({ node }) => node.phase !== "down")];
  for (const edge of present) {
    const why = whyNotAtRest(edge);
    if (why !== null) return why;
    const { items, digest } = edge.replica;
    if (edge.dialler.to === null) continue;
    if (items.length !== first.view.items.items.length || digest !== first.view.items.digest) {
      return `${edge.name} shows ${items.length} items of ${first.view.items.items.length}`;
    }
  }
  for (const item of oracle.settled) {
    if (!first.view.items.has(item.id)) return `${nameOf(item)} was settled and is lost`;
  }
  return whyNotSeen(
    present.filter(({ dialler }) => dialler.to !== null).map(({ presence }) => presence),
  );
};
