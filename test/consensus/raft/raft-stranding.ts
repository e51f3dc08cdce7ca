/**
 * A world that is whole but for one member: progress is demanded there, too. Without check-quorum a leader that hears nobody keeps everybody from electing
 * another; without pre-votes a member that hears nobody unseats every leader (thesis, §6.2 and §9.6).
 */
import { leaderOf, isDispensable, type RaftCluster } from "./raft-cluster.ts";
import type { RaftNode } from "./raft-node.ts";
import type { RaftSetup } from "./raft-setup.ts";

/** Strands a member, whom the adversary left alone or the leader if there is one, and gives what ends that; null if this cluster promises nothing then. */
export const strand = (cluster: RaftCluster): (() => void) | null => {
  const { world, nodes, setup } = cluster;
  const { options } = setup;
  const { marooned } = cluster.adversary;
  const stranding = marooned === null ? setup.stranding : "alone";
  const isGuarded = options.hasPreVote !== false && options.hasCheckQuorum !== false;
  const stranded = marooned ?? leaderOf(cluster) ?? nodes[0];
  if (stranding === null || !isGuarded || stranded === undefined) return null;
  if (!isDispensable(cluster, stranded)) return null;
  const cuts = linesOf(cluster, stranded, stranding);
  for (const [from, to] of cuts) world.network.cut(from, to, 1);
  world.note(`but ${stranded.name} is ${stranding}`);
  return () => {
    for (const [from, to] of cuts) world.network.cut(from, to, -1);
    world.note(`${stranded.name} is not ${stranding} any more`);
  };
};

const linesOf = (
  { nodes }: RaftCluster,
  stranded: RaftNode,
  stranding: NonNullable<RaftSetup["stranding"]>,
): readonly (readonly [number, number])[] =>
  nodes
    .filter((node) => node !== stranded)
    .flatMap(({ node: { index } }) => {
      const [own] = [stranded.node.index];
      return [
        ...(stranding === "mute" ? [] : [[index, own] as const]),
        ...(stranding === "deaf" ? [] : [[own, index] as const]),
      ];
    });
