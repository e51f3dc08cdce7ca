/** An edge in the world: the shipped machine, a replica as an app has it, and the arithmetic of levels as a client does it. */
import {
  type Batch,
  createEdge,
  createSpaceWriter,
  type Edge,
  type EdgeLimits,
  type EdgeOutput,
  type EdgeProtocol,
  type EdgeRecord,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import { createDisks, type Disks } from "@syncline/quorum";
import { type Dialler, type Keeping, keyedDraws, type Node, type World } from "@syncline/simulator";
import { noFolds } from "./folds.ts";
import { frames, identityOf } from "./home-node.ts";
import { createItemSet, documents, type Item, itemsIn, type ItemSet, payloadOf } from "./items.ts";
import type { DiskView, Oracle } from "./oracle.ts";
import { createPresenceClient, isPresence, type PresenceClient } from "./presence.ts";

/** How an edge is set up, for all of its lives. */
export interface EdgeSetup {
  readonly world: World<SpaceMessage>;
  readonly oracle: Oracle;
  readonly seed: number;
  readonly name: string;
  readonly index: number;
  readonly homeCount: number;
  readonly limits: Partial<EdgeLimits>;
  readonly isCoded: boolean;
  /** The next number for an item, and for an author, in this world. */
  readonly nextItem: () => number;
  readonly nextAuthor: () => number;
  readonly viewOf: (home: string) => DiskView | null;
  readonly isRolledBack: (home: string) => boolean;
}

/** An edge of the world. */
export interface SimulatedEdge {
  readonly name: string;
  readonly node: Node<EdgeProtocol>;
  readonly dialler: Dialler<SpaceMessage>;
  readonly replica: ItemSet;
  /** Whether it was told that what it is shown has all that was settled before. */
  readonly isQuorumRead: boolean;
  readonly edge: Edge;
  readonly presence: PresenceClient;
  /** Adds items to a document, in a batch each; each names everything that the edge has seen. */
  edit(document: string, count: number): void;
  /** Asks that a replica be folded. */
  retire(document: string, replica: number): void;
  /** Shows something new of itself, or nothing any more: once its process goes on, if it is paused. */
  show(isHere: boolean): void;
  /** The device loses power: what is not in its store is gone, and so is the knowledge of what its batches rest on. */
  restart(): void;
}

type Levels = Extract<EdgeOutput, { kind: "levels" }>;

/** A device's store: the outbox, and the documents with all that was made here. */
interface DeviceStore extends Keeping<EdgeProtocol> {
  readonly made: readonly Item[];
}

const keepDevice = (
  records: readonly EdgeRecord[] = [],
  madeBefore: readonly Item[] = [],
): DeviceStore => {
  let kept = [...records];
  const made = [...madeBefore];
  return {
    made,
    write: (written) => {
      for (const record of written) {
        if (record.kind === "batch") {
          if (isPresence(record.batch.payload)) {
            throw new Error("presence came to a device's store");
          }
          kept.push(record);
          made.push(...itemsIn(record.batch.payload));
        } else {
          const rest = kept.filter((one) => one.kind === "batch" && one.number > record.number);
          kept = [record, ...rest];
        }
      }
    },
    recover: () => [...kept],
    read: () => [],
    copy: () => keepDevice(kept, made),
    damage: () => false,
  };
};

/** Adds an edge that is down. */
export const addEdge = (setup: EdgeSetup): SimulatedEdge => {
  const { world, oracle, name, index, seed } = setup;
  const identities = keyedDraws(seed, "edges");
  let edge: Edge = createEdge(identityOf(identities, index, 0));
  let writer: SpaceWriter | null = null;
  let replica = createItemSet();
  let disks: Disks = createDisks();
  let quorums = { homeCount: 0, writeQuorum: 0, heardCount: 0 };
  let author = 0;
  let itemCount = 0;
  let checked = { relay: 0, quorum: 0, all: 0 };
  let itemsByNumber = new Map<number, readonly Item[]>();
  const newPresence = (): PresenceClient => {
    const key = author;
    return createPresenceClient(key, (bytes) => node.submit({ kind: "presence", key, bytes }));
  };
  /** How many items were settled when this edge asked to be shown everything; null if it had a vector. */
  let firstReading: number | null = null;

  const show = (batches: readonly Batch[]): void => {
    const items =
      batches.length === 1
        ? itemsIn(batches[0]!.payload)
        : batches.flatMap((batch) => itemsIn(batch.payload));
    oracle.checkClosure(name, replica.add(items));
  };

  const noteLevels = (output: Levels): void => {
    const { local, relay, quorum, all } = output;
    if (relay > local) throw new Error(`${name} sent what is not stored`);
    checkLevels("relay", checked.relay, relay, 1);
    checkLevels("quorum", checked.quorum, quorum, quorums.writeQuorum);
    checkLevels("all", checked.all, all, quorums.homeCount);
    checked.relay = Math.max(checked.relay, relay);
    checked.quorum = Math.max(checked.quorum, quorum);
    checked.all = Math.max(checked.all, all);
  };

  /** What lies between what was checked before and what this level has come to now. */
  const checkLevels = (
    level: "relay" | "quorum" | "all",
    before: number,
    now: number,
    homeCount: number,
  ): void => {
    for (let number = before + 1; number <= now; number += 1) {
      for (const item of itemsByNumber.get(number) ?? []) {
        oracle.checkLevel(level, item, homeCount);
      }
    }
  };

  /** All that the replica holds, a batch for each document. */
  const giveStates = (): void => {
    const batches: Batch[] = [];
    const given: Item[][] = [];
    for (const document of documents) {
      const items = replica.items.filter((item) => item.document === document);
      if (items.length === 0) continue;
      batches.push({ document, type: "set", payload: payloadOf(items) });
      given.push(items);
    }
    oracle.suspendCausality();
    const before = edge.state.lastNumber;
    node.submit({ kind: "states", batches });
    if (edge.state.lastNumber === before) return;
    given.forEach((items, place) => itemsByNumber.set(before + 1 + place, items));
  };

  const takeDurable = (output: Extract<EdgeOutput, { kind: "durable" }>): void => {
    disks.take(output.home, output, output.isWhole);
    checkBelief(output.home);
    const quorum = disks.settledOn(quorums.writeQuorum);
    const all = disks.settledOn(quorums.homeCount);
    node.submit({ kind: "settled", quorum, all });
  };

  /** What this edge counts as being on a home's disk must be there, unless the disk was set back without a sign. */
  const checkBelief = (home: string): void => {
    const disk = disks.diskByHome.get(home);
    const view = setup.viewOf(home);
    if (disk === undefined || view === null || disk.incarnation !== view.incarnation) return;
    if (!setup.isRolledBack(home)) oracle.checkDurable(name, view, disk.vector);
  };

  const isQuorumRead = (): boolean => quorums.heardCount > quorums.homeCount - quorums.writeQuorum;

  /** With too few homes heard nothing is promised yet; that more have been heard is told later. */
  const checkFirstReading = (): void => {
    if (firstReading === null || !isQuorumRead()) return;
    oracle.checkFirstReading(name, replica, firstReading);
    firstReading = null;
  };

  const deliver = (output: EdgeOutput): void => {
    switch (output.kind) {
      case "show":
        return show(output.batches);
      case "welcome":
        quorums = output;
        return presence.connected();
      case "durable":
        return takeDurable(output);
      case "levels":
        return noteLevels(output);
      case "owed":
        return world.schedule.at(world.nowMs, giveStates);
      case "heard":
        quorums = { ...quorums, heardCount: output.heardCount };
        return checkFirstReading();
      case "synced":
        return checkFirstReading();
      case "violation":
        throw new Error(`${name} calls its home a violator: ${output.reason}`);
      case "refused":
        throw new Error(`${name} is refused: ${output.reason}`);
      case "presence":
        return presence.received(output.key, output.bytes);
    }
  };

  /** After a restart the replica is what was made here; all else comes from a home. */
  const begin = (records: readonly EdgeRecord[]): void => {
    replica = createItemSet();
    replica.add((node.keeping as DeviceStore).made);
    disks = createDisks();
    author = setup.nextAuthor();
    presence = newPresence();
    itemCount = 0;
    checked = { relay: 0, quorum: 0, all: 0 };
    itemsByNumber = new Map();
    for (const record of records) {
      if (record.kind === "settled") {
        checked = { relay: record.number, quorum: record.number, all: record.number };
      } else {
        itemsByNumber.set(record.number, itemsIn(record.batch.payload));
      }
    }
  };

  const node: Node<EdgeProtocol> = world.addNode<EdgeProtocol>({
    name,
    keep: () => keepDevice(),
    diskDelays: { minMs: 0.5, meanMs: 2, shape: "uniform" },
    machine: ({ process }) => {
      edge = createEdge(identityOf(identities, index, 1), setup.limits);
      const channel = identities.integer(0, 300, [index, process, 2]);
      writer = setup.isCoded ? createSpaceWriter("world", channel) : null;
      return edge;
    },
    starting: begin,
    links: {
      up: () => {
        firstReading = edge.state.vector.size === 0 ? oracle.settled.length : null;
        return { kind: "connected" };
      },
      down: () => {
        presence.disconnected();
        return { kind: "disconnected" };
      },
    },
    ...(setup.isCoded ? { codec: () => frames(() => writer) } : {}),
    deliver,
  });
  let presence = newPresence();
  const dialler = world.addDialler(node, {
    atDialler: () => "home",
    atDialled: (from, attempt) => `${from}~${attempt}`,
  });

  return {
    name,
    node,
    dialler,
    get replica() {
      return replica;
    },
    get isQuorumRead() {
      return isQuorumRead();
    },
    get edge() {
      return edge;
    },
    get presence() {
      return presence;
    },
    edit: (document, count) => {
      for (let made = 0; made < count; made += 1) {
        if (node.phase !== "running") return;
        itemCount += 1;
        const id = setup.nextItem();
        const item = { id, author, number: itemCount, document, seen: replica.seen() };
        replica.add([item]);
        const batch = { document, type: "set", payload: payloadOf([item]) };
        itemsByNumber.set(edge.state.lastNumber + 1, [item]);
        node.submit({ kind: "edit", batch });
      }
    },
    retire: (document, replica) => {
      const payload = payloadOf([], { ...noFolds, wanted: new Set([replica]) });
      node.submit({ kind: "edit", batch: { document, type: "set", payload } });
    },
    // A paused process has its application paused too. Were only its machine to wait:
    //   1. it is paused while the welcome is on its way, and shows something, under clock 1, which waits behind the welcome;
    //   2. it goes on and is welcomed, and then says under clock 2 what it shows, at once;
    //   3. what waited is said last, and whoever comes later sees clock 1 for ever.
    show: (isHere) => node.whenAwake(() => presence.show(isHere)),
    restart: () => {
      oracle.suspendCausality();
      node.crash();
    },
  };
};

/** Whether an edge has come to rest: everything of its own is on every disk, and it holds nothing. */
export const whyNotAtRest = ({
  name,
  dialler,
  edge,
  isQuorumRead,
}: SimulatedEdge): string | null => {
  if (dialler.to === null) return null;
  const { state } = edge;
  if (state.phase !== "joined") return `${name} has not been welcomed`;
  if (state.levels.all < state.lastNumber) {
    return `${name} is at ${JSON.stringify(state.levels)} of ${state.lastNumber}`;
  }
  if (!isQuorumRead) return `${name} was not told that enough homes were heard`;
  return state.held.size === 0 ? null : `${name} still holds ${state.held.size} batches`;
};
