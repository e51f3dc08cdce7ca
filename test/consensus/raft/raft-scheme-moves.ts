/** What schemes do to a cluster: lines, disks, processes and elections, each with its end. */
import { encodeSessionCommand, type RaftMessage } from "@syncline/consensus/raft";
import type { Random } from "@syncline/machine";
import type { FaultKind, World } from "@syncline/simulator";
import { isLeader } from "./raft-memory.ts";
import type { RaftNode } from "./raft-node.ts";

/** What a scheme may do. */
export interface SchemeStage {
  readonly world: World<RaftMessage>;
  readonly nodes: readonly RaftNode[];
  /** What a write takes, in the mean. */
  readonly diskMs: number;
  mayLose(node: RaftNode): boolean;
  befall(fault: FaultKind): void;
}

/** A scheme as it goes on. */
export interface Scheming extends SchemeStage {
  readonly hero: RaftNode;
  readonly random: Random;
  /** The hero's term when it began. */
  readonly term: number;
  /** In an order that the draw says. */
  readonly others: readonly RaftNode[];
  undos: (() => void)[];
  isOver: boolean;
  marooned: RaftNode | null;
  look(node: RaftNode): void;
}

/** The election timeout, in milliseconds. */
export const timeoutOf = ({ hero }: Scheming): number =>
  hero.raft?.state.settings.electionTimeoutMs ?? 1000;

/** After the step that is under way, or later, unless it is over by then. */
export const later = (scheming: Scheming, forMs: number, run: () => void): void => {
  const { schedule } = scheming.world;
  schedule.at(schedule.nowMs + forMs, () => {
    if (!scheming.isOver) run();
  });
};

/** Does something that can be undone, once. */
const undoable = (scheming: Scheming, undo: () => void): (() => void) => {
  const once = (): void => {
    if (!scheming.undos.includes(once)) return;
    scheming.undos = scheming.undos.filter((one) => one !== once);
    undo();
  };
  scheming.undos.push(once);
  return once;
};

/** Cuts the lines from each of these to each of those, and those back with "both". Gives what ends that. */
export const cutAll = (
  scheming: Scheming,
  ones: readonly RaftNode[],
  others: readonly RaftNode[],
  direction: "out" | "both",
): (() => void) => {
  const { network } = scheming.world;
  const lines = ones.flatMap(({ node: one }) =>
    others
      .filter(({ node }) => node !== one)
      .flatMap(({ node: { index } }) => [
        [one.index, index] as const,
        ...(direction === "both" ? [[index, one.index] as const] : []),
      ]),
  );
  for (const [from, to] of lines) network.cut(from, to, 1);
  return undoable(scheming, () => {
    for (const [from, to] of lines) network.cut(from, to, -1);
  });
};

/** What one says to the other waits. Gives what ends that. */
export const hold = (scheming: Scheming, from: RaftNode, to: RaftNode): (() => void) => {
  const { network } = scheming.world;
  network.clog(from.node.index, to.node.index, 1);
  return undoable(scheming, () => network.clog(from.node.index, to.node.index, -1));
};

/** What one sends to the other takes so much longer. Gives what ends that; what was sent till then is overtaken by what is sent from then on. */
export const slowLine = (
  scheming: Scheming,
  from: RaftNode,
  to: RaftNode,
  addedMs: number,
): (() => void) => {
  const line = scheming.world.network.line(from.node.index, to.node.index);
  line.addedMs += addedMs;
  return undoable(scheming, () => {
    line.addedMs -= addedMs;
  });
};

/** A disk takes so many times as long. Gives what ends that. */
export const slowDown = (scheming: Scheming, { node }: RaftNode, times: number): (() => void) => {
  const { state } = node.disk;
  state.slowness *= times;
  return undoable(scheming, () => {
    state.slowness /= times;
  });
};

/** A process stands still. Gives what ends that. */
export const pause = (scheming: Scheming, { node }: RaftNode): (() => void) => {
  node.pause();
  return undoable(scheming, () => node.resume());
};

/** Entries that change nothing, after the step that is under way. */
export const append = (scheming: Scheming, node: RaftNode, count: number): void => {
  const noise = encodeSessionCommand({ kind: "expire", timeMs: 0 });
  later(scheming, 0, () => {
    for (let place = 0; place < count; place += 1) node.propose(noise, () => {});
  });
};

/** Has it call elections until it leads. */
export const urge = (scheming: Scheming, node: RaftNode): void =>
  later(scheming, timeoutOf(scheming) * 0.15, () => {
    if (!isLeader(node)) node.request(() => ({ kind: "campaign" }));
    urge(scheming, node);
  });

/** Undoes whatever was done. */
export const letAllIn = (scheming: Scheming): void => {
  for (const undo of [...scheming.undos].reverse()) undo();
  scheming.undos = [];
};

/** It is over. */
export const end = (scheming: Scheming): void => {
  scheming.isOver = true;
  letAllIn(scheming);
};
