/** An edge with the replica that it serves: a set of items, and the arithmetic of levels as a client does it. */
import {
  type Batch,
  createEdge,
  createSpaceWriter,
  type Edge,
  type EdgeLimits,
  type EdgeOutput,
  type EdgeProtocol,
  type EdgeRecord,
  type SpaceWriter,
} from "@syncline/gossip";
import { type Random, type Runtime, startRuntime } from "@syncline/machine";
import { createDisks } from "@syncline/quorum";
import type { Connection } from "./connections.ts";
import {
  createItemSet,
  type Item,
  itemsIn,
  type ItemSet,
  keyOf,
  payloadOf,
} from "./grow-only-set.ts";
import type { Judge } from "./judge.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How an edge is set up. */
export interface EdgeSetup {
  readonly id: string;
  readonly name: string;
  readonly homeCount: number;
  readonly limits: Partial<EdgeLimits>;
  readonly isCoded: boolean;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly judge: Judge;
  failed(error: Error): void;
}

/** An edge of the world. */
export interface SimulatedEdge {
  readonly name: string;
  readonly replica: ItemSet;
  readonly machine: Edge;
  readonly writer: SpaceWriter | null;
  readonly outputs: EdgeOutput[];
  readonly presences: Map<number, Uint8Array>;
  /** The last `levels` that it was told. */
  levels(): Extract<EdgeOutput, { kind: "levels" }> | null;
  runtime(): Runtime<EdgeProtocol>;
  /** The home that it connects to, or null if it stays offline. */
  target: string | null;
  /** The connection of the session, or null. */
  session: { readonly home: string; readonly peer: string; readonly connection: Connection } | null;
  /** Adds an item to a document; it names everything that the edge has seen. */
  edit(document: string): Item;
}

/** An edge that is offline and has seen nothing. */
export const createSimulatedEdge = (setup: EdgeSetup): SimulatedEdge => {
  const { name, time, random, judge } = setup;
  const replica = createItemSet();
  const stored: EdgeRecord[] = [];
  const itemsByNumber = new Map<number, readonly Item[]>();
  let itemCount = 0;
  const disks = createDisks();
  let quorums = { homeCount: 0, writeQuorum: 0 };
  let levels: Extract<EdgeOutput, { kind: "levels" }> | null = null;
  const checked = { relay: 0, quorum: 0, all: 0 };
  const outputs: EdgeOutput[] = [];
  const presences = new Map<number, Uint8Array>();

  const guarded = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      setup.failed(error as Error);
    }
  };

  const show = (batches: readonly Batch[]): void => {
    const lacking = replica.add(batches.flatMap((batch) => itemsIn(batch.payload)));
    guarded(() => judge.checkClosure(name, lacking));
  };

  const noteLevels = (output: Extract<EdgeOutput, { kind: "levels" }>): void => {
    if (output.relay > output.local) setup.failed(new Error(`${name} sent what is not stored`));
    const counts = { relay: 1, quorum: quorums.writeQuorum, all: quorums.homeCount };
    for (const level of ["relay", "quorum", "all"] as const) {
      for (let number = checked[level] + 1; number <= output[level]; number += 1) {
        for (const item of itemsByNumber.get(number) ?? []) {
          guarded(() => judge.checkLevel(level, keyOf(item), counts[level]));
        }
      }
      checked[level] = Math.max(checked[level], output[level]);
    }
    levels = output;
  };

  /** All that the replica holds, a batch for each document. */
  const giveStates = (): void => {
    const byDocument = new Map<string, Item[]>();
    for (const item of replica.items.values()) {
      byDocument.set(item.document, [...(byDocument.get(item.document) ?? []), item]);
    }
    const batches = [...byDocument].map(([document, items]) => ({
      document,
      type: "set",
      payload: payloadOf(items),
    }));
    judge.noteWholeDocuments();
    const before = edge.machine.state.lastNumber;
    runtime.submitted({ kind: "states", batches });
    const given = edge.machine.state.lastNumber - before;
    if (given === 0) return;
    [...byDocument.values()].forEach((items, index) =>
      itemsByNumber.set(before + 1 + index, items),
    );
  };

  const later = (run: () => void): void => {
    time.after(0, run);
  };

  const deliver = (output: EdgeOutput): void => {
    outputs.push(output);
    switch (output.kind) {
      case "show":
        return show(output.batches);
      case "welcome":
        quorums = output;
        return;
      case "durable":
        disks.take(output.home, output, output.isWhole);
        return later(() =>
          runtime.submitted({
            kind: "settled",
            quorum: disks.settledOn(quorums.writeQuorum),
            all: disks.settledOn(quorums.homeCount),
          }),
        );
      case "levels":
        return noteLevels(output);
      case "owed":
        return later(giveStates);
      case "violation":
        return setup.failed(new Error(`${name} calls its home a violator: ${output.reason}`));
      case "presence":
        if (output.bytes.length === 0) presences.delete(output.key);
        else presences.set(output.key, output.bytes);
        return;
      case "refused":
      case "heard":
      case "synced":
    }
  };

  const start = (): void => {
    edge.machine = createEdge(setup.id, setup.limits);
    edge.writer = setup.isCoded ? createSpaceWriter("world", random.integer(0, 300)) : null;
    let readyMs = 0;
    runtime = startRuntime(edge.machine, [...stored], {
      now: () => time.nowMs,
      append: (records, done) => {
        readyMs = Math.max(readyMs, time.nowMs + random.integer(0, 5));
        time.after(readyMs - time.nowMs, () => {
          stored.push(...records);
          done(null);
        });
      },
      load: () => {},
      send: (_, message) => edge.session?.connection.send(0, message),
      deliver,
      wake: () => {},
      failed: (error) => setup.failed(error),
    });
  };

  let runtime!: Runtime<EdgeProtocol>;
  const edge: { -readonly [Key in keyof SimulatedEdge]: SimulatedEdge[Key] } = {
    name,
    replica,
    machine: createEdge(setup.id),
    writer: null,
    outputs,
    presences,
    levels: () => levels,
    runtime: () => runtime,
    target: null,
    session: null,
    edit: (document) => {
      itemCount += 1;
      const item = { author: name, number: itemCount, document, seen: replica.seen() };
      replica.add([item]);
      runtime.submitted({
        kind: "edit",
        batch: { document, type: "set", payload: payloadOf([item]) },
      });
      itemsByNumber.set(edge.machine.state.lastNumber, [item]);
      return item;
    },
  };
  start();
  return edge;
};
