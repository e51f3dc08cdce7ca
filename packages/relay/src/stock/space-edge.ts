/** The edge of a room: the machine that speaks for it to the space's home, kept in memory. */
import {
  type Batch,
  createEdge,
  type Edge,
  type EdgeLimits,
  type EdgeOutput,
  type EdgeProtocol,
} from "@syncline/gossip";
import { type Runtime, startRuntime } from "@syncline/machine";
import { createDisks, type Disks } from "@syncline/quorum";
import { randomBytes } from "node:crypto";
import type { SpaceLink, SpacePort } from "../space-port.ts";
import type { StartTimer } from "../timer.ts";
import { createSpaceLinks, type SpaceLinks } from "./space-links.ts";

/** The edge of one room. */
export interface SpaceEdge {
  /** Opens the first link. */
  open(): void;
  /** Hands a payload in; it gets `nextNumber`, unless the output `refused` tells of number 0. */
  submit(batch: Batch): void;
  /** The number that the next payload will have. */
  readonly nextNumber: number;
  /** What a client shows of itself; empty bytes when it leaves. */
  present(client: number, bytes: Uint8Array): void;
  /** Answers the output `owed` with what the room has, beside what the edge itself holds of other documents. */
  giveStates(states: readonly Batch[]): void;
  close(): void;
}

/** What a room's edge needs. */
export interface SpaceEdgeOptions {
  readonly space: string;
  readonly port: SpacePort;
  readonly startTimer: StartTimer;
  readonly limits: Partial<EdgeLimits>;
  now(): number;
  /** Outputs in order, never in the middle of a call of the machine. */
  output(output: EdgeOutput): void;
  /** The link is lost; another will be opened. */
  lost(): void;
  /** The machine has stopped: a bug. */
  failed(error: Error): void;
}

interface Running {
  readonly options: SpaceEdgeOptions;
  readonly edge: Edge;
  readonly runtime: Runtime<EdgeProtocol>;
  readonly links: SpaceLinks;
  readonly disks: Disks;
  /** Outputs that have not been told yet. */
  readonly outputs: EdgeOutput[];
  quorums: { readonly writeQuorum: number; readonly homeCount: number };
  isTelling: boolean;
  isClosed: boolean;
}

/** An edge with an id of its own, and no link yet. */
export const createSpaceEdge = (options: SpaceEdgeOptions): SpaceEdge => {
  const running = start(options);
  const { edge, runtime, links } = running;
  const ask = (request: EdgeProtocol["request"]): void => {
    runtime.submitted(request);
    tell(running);
  };
  return {
    open: () => links.open(),
    submit: (batch) => ask({ kind: "edit", batch }),
    get nextNumber() {
      return edge.state.lastNumber + 1;
    },
    present: (key, bytes) => ask({ kind: "presence", key, bytes }),
    giveStates: (states) => {
      // What is held of documents that the room does not show goes along, or the machine would forget it.
      const documents = new Set(states.map((state) => state.document));
      const held = [...edge.state.held].map(({ batch }) => batch);
      const others = held.filter((batch) => !documents.has(batch.document));
      ask({ kind: "states", batches: [...others, ...states] });
    },
    close: () => {
      running.isClosed = true;
      runtime.stop();
      links.close();
    },
  };
};

const start = (options: SpaceEdgeOptions): Running => {
  const edge = createEdge(randomBytes(8).toString("hex"), options.limits);
  const outputs: EdgeOutput[] = [];
  const links = createSpaceLinks({
    port: options.port,
    space: options.space,
    startTimer: options.startTimer,
    handlers: {
      opened: () => {
        runtime.submitted({ kind: "connected" });
        tell(running);
      },
      message: (message) => {
        runtime.received("home", message);
        tell(running);
      },
      lost: () => {
        runtime.submitted({ kind: "disconnected" });
        tell(running);
        options.lost();
      },
    },
  });
  const runtime = startRuntime<EdgeProtocol>(edge, [], {
    now: () => options.now(),
    // Clients keep what they wrote and upload it again after a crash: there is nothing to gain from a disk here.
    append: (_records, done) => done(null),
    load: () => {},
    send: (_to, message) => {
      if (isEdgeMessage(message)) links.send(message);
    },
    deliver: (output) => {
      outputs.push(output);
    },
    wake: () => {},
    failed: (error) => options.failed(error),
  });
  const running: Running = {
    options,
    edge,
    runtime,
    links,
    disks: createDisks(),
    outputs,
    quorums: { writeQuorum: 1, homeCount: 1 },
    isTelling: false,
    isClosed: false,
  };
  return running;
};

/** Outputs are told when the machine is done: what they cause is then taken at once, and numbers can be relied on. */
const tell = (running: Running): void => {
  if (running.isTelling) return;
  running.isTelling = true;
  try {
    for (let output = running.outputs.shift(); output !== undefined;) {
      if (!running.isClosed) takeOutput(running, output);
      output = running.outputs.shift();
    }
  } finally {
    running.isTelling = false;
  }
};

const takeOutput = (running: Running, output: EdgeOutput): void => {
  const { options, runtime, links, disks } = running;
  if (output.kind === "welcome") running.quorums = output;
  if (output.kind === "synced") links.settled();
  options.output(output);
  if (output.kind === "violation") links.restart();
  if (output.kind !== "durable") return;
  const { home, incarnation, vector, isWhole } = output;
  disks.take(home, { incarnation, vector }, isWhole);
  const quorum = disks.settledOn(running.quorums.writeQuorum);
  const all = disks.settledOn(running.quorums.homeCount);
  runtime.submitted({ kind: "settled", quorum, all });
};

type EdgeSaid = Parameters<SpaceLink["send"]>[0];

/** An edge's machine sends nothing else; the check is for the compiler. */
const isEdgeMessage = (message: EdgeProtocol["message"]): message is EdgeSaid =>
  message.kind === "join" ||
  message.kind === "submit" ||
  message.kind === "carry" ||
  message.kind === "presence";
