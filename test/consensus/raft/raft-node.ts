/** A node in the world: the shipped machine, an application on top of it, and the oracle at every step. */
import {
  createRaft,
  type Entry,
  nameOfNode,
  type NodeId,
  nodeIdOf,
  type Raft,
  type RaftMessage,
  type RaftOptions,
  type RaftOutput,
  type RaftProtocol,
  type RaftRefusal,
  type SessionResult,
} from "@syncline/consensus/raft";
import { decodeRaftMessage, encodeRaftMessage } from "@syncline/consensus/wire";
import type { Delays, Node, World } from "@syncline/simulator";
import { behindWire } from "../recoding.ts";
import { createReplica, type Replica } from "./key-values.ts";
import { createRaftDisk, type DiskView, type RaftDisk } from "./raft-disk.ts";
import type { RaftOracle, Seen } from "./raft-oracle.ts";

const wireFormat = { encode: encodeRaftMessage, decode: decodeRaftMessage };

/** What became of a request: null where nobody knows. */
export type Answer =
  | { readonly kind: "applied"; readonly result: SessionResult }
  | { readonly kind: "read"; readonly value: number | null }
  | { readonly kind: "refused"; readonly reason: RaftRefusal; readonly leader: string | null }
  | { readonly kind: "lost" };

/** How a node is set up, for all of its lives. */
export interface RaftNodeSetup {
  readonly world: World<RaftMessage>;
  readonly oracle: RaftOracle;
  readonly name: string;
  readonly index: number;
  readonly seed: number;
  readonly bootstrap: readonly NodeId[] | null;
  readonly options: Partial<RaftOptions>;
  readonly expiryMs: number;
  /** Every disk that there ever was, by its incarnation. */
  readonly disks: Map<NodeId, DiskView>;
  /** Whether messages pass through their wire format. */
  readonly isCoded: boolean;
  /** How long a snapshot takes to be made. */
  readonly snapshotMs: number;
  readonly diskDelays: Delays;
  /** It has taken an input, and nothing is wrong. */
  stepped(node: RaftNode): void;
}

/** A node of the cluster. */
export interface RaftNode extends Seen {
  readonly node: Node<RaftProtocol>;
  readonly replica: Replica;
  readonly appliedIndex: number;
  readonly disk: RaftDisk;
  /** Asks, if the process runs. The answer comes at most once. */
  propose(data: Uint8Array, answered: (answer: Answer) => void): void;
  read(key: string, answered: (answer: Answer) => void): void;
  request(make: (token: number) => Parameters<Node<RaftProtocol>["submit"]>[0]): void;
}

interface Waiting {
  readonly key: string | null;
  readonly answered: (answer: Answer) => void;
}

/** Everything of one process, forgotten with it. */
interface Process {
  raft: Raft;
  replica: Replica;
  appliedIndex: number;
  restoring: Uint8Array[];
  readonly waitingByToken: Map<number, Waiting>;
  readonly waitingByIndex: Map<number, { readonly term: number; readonly waiting: Waiting }>;
}

/** Adds a node that is down. */
export const addRaftNode = (setup: RaftNodeSetup): RaftNode => {
  const { world, oracle, name, index, seed, expiryMs } = setup;
  let process: Process | null = null;
  let tokenCount = 0;

  const deliver = (output: RaftOutput): void => {
    if (process === null) return;
    take(setup, face, process, output);
  };
  const node = world.addNode<RaftProtocol>({
    name,
    keep: () => createRaftDisk(),
    machine: ({ directory, process: count }) => {
      const raft = createRaft({
        ...setup.options,
        self: nodeIdOf(name, String(directory)),
        seed: (seed * 64 + index) * 1024 + count,
        bootstrap: directory === 1 ? setup.bootstrap : null,
      });
      process = {
        raft,
        replica: createReplica(expiryMs),
        appliedIndex: 0,
        restoring: [],
        waitingByToken: new Map(),
        waitingByIndex: new Map(),
      };
      setup.disks.set(face.id, face.view);
      return setup.isCoded ? behindWire(raft, wireFormat) : raft;
    },
    deliver,
    diskDelays: setup.diskDelays,
    isTakenTogether: true,
    before: (input) => oracle.stepping(face, input),
    after: (input) => {
      oracle.stepped(face, input);
      setup.stepped(face);
    },
    sending: (_to, message) => oracle.sent(face, message),
  });
  const ask = (waiting: Waiting, submit: (token: number) => void): void => {
    if (node.phase === "down" || process === null) return;
    tokenCount += 1;
    process.waitingByToken.set(tokenCount, waiting);
    submit(tokenCount);
  };
  const face: RaftNode = {
    name,
    node,
    get id() {
      return nodeIdOf(name, String(node.life.directory));
    },
    get disk() {
      return node.keeping as RaftDisk;
    },
    get view(): DiskView {
      return (node.keeping as RaftDisk).view;
    },
    get raft() {
      return node.phase === "down" ? null : (process?.raft ?? null);
    },
    get replica() {
      return process?.replica ?? createReplica(expiryMs);
    },
    get appliedIndex() {
      return process?.appliedIndex ?? 0;
    },
    propose: (data, answered) =>
      ask({ key: null, answered }, (token) => node.submit({ kind: "propose", token, data })),
    read: (key, answered) =>
      ask({ key, answered }, (token) => node.submit({ kind: "read", token })),
    request: (make) => {
      tokenCount += 1;
      if (node.phase !== "down") node.submit(make(tokenCount));
    },
  };
  return face;
};

const take = (setup: RaftNodeSetup, face: RaftNode, process: Process, output: RaftOutput): void => {
  switch (output.kind) {
    case "accepted": {
      const waiting = process.waitingByToken.get(output.token);
      process.waitingByToken.delete(output.token);
      if (waiting === undefined) return;
      process.waitingByIndex.set(output.index, { term: output.term, waiting });
      return;
    }
    case "refused": {
      const { token, reason, leader } = output;
      const waiting = process.waitingByToken.get(token);
      process.waitingByToken.delete(token);
      const name = leader === null ? null : nameOfNode(leader);
      waiting?.answered({ kind: "refused", reason, leader: name });
      return;
    }
    case "readable": {
      if (process.appliedIndex < output.index) throw new Error("a read comes before its state");
      const waiting = process.waitingByToken.get(output.token);
      process.waitingByToken.delete(output.token);
      if (waiting === undefined || waiting.key === null) return;
      waiting.answered({ kind: "read", value: process.replica.read(waiting.key) });
      return;
    }
    case "apply":
      for (const entry of output.entries) apply(setup, face, process, entry);
      return;
    case "restore":
      return restore(setup, face, process, output);
    case "snapshot-wanted":
      return makeSnapshot(setup, face, process, output.index);
    case "role":
    case "members":
  }
};

const apply = ({ oracle }: RaftNodeSetup, face: RaftNode, process: Process, entry: Entry): void => {
  if (entry.index !== process.appliedIndex + 1) throw new Error("entries are applied with a gap");
  process.appliedIndex = entry.index;
  const result =
    entry.kind === "command" ? process.replica.sessions.apply(entry.index, entry.data) : null;
  oracle.applied(face, entry.index, process.replica.digest);
  const accepted = process.waitingByIndex.get(entry.index);
  if (accepted === undefined) return;
  process.waitingByIndex.delete(entry.index);
  const isOurs = accepted.term === entry.term && result !== null;
  accepted.waiting.answered(isOurs ? { kind: "applied", result } : { kind: "lost" });
};

const restore = (
  { oracle }: RaftNodeSetup,
  face: RaftNode,
  process: Process,
  { snapshot, offset, bytes, isLast }: Extract<RaftOutput, { kind: "restore" }>,
): void => {
  if (offset === 0) process.restoring = [];
  process.restoring.push(bytes);
  if (!isLast) return;
  const whole = new Uint8Array(snapshot.sizeBytes);
  let place = 0;
  for (const piece of process.restoring) {
    whole.set(piece, place);
    place += piece.length;
  }
  process.replica.sessions.decode(whole);
  process.appliedIndex = snapshot.last.index;
  oracle.applied(face, snapshot.last.index, process.replica.digest);
};

const makeSnapshot = (
  { world, snapshotMs }: RaftNodeSetup,
  face: RaftNode,
  process: Process,
  index: number,
): void => {
  if (process.appliedIndex !== index) throw new Error("a snapshot is wanted of another state");
  const bytes = process.replica.sessions.encode();
  const chunks = [bytes.subarray(0, 100), bytes.subarray(100)];
  const { raft } = process;
  world.schedule.at(world.nowMs + snapshotMs, () => {
    if (face.raft === raft) face.node.submit({ kind: "snapshot-taken", index, chunks });
  });
};
