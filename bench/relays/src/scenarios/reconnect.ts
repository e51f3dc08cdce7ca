/** `reconnect`: one client comes back to many documents, of which none has changed, and then a few. */
import { setTimeout as rest } from "node:timers/promises";
import { createDeferred } from "../load/deferred.ts";
import type { Job, RunResult } from "../load/job.ts";
import { inLanes } from "../load/lanes.ts";
import { openWindow } from "../load/window.ts";
import { type Client, idleHandlers, type Wire, urlOf } from "../wires/wire.ts";
import { readKeystrokes } from "../workload/keystrokes.ts";
import * as Y from "yjs";
import type { ReconnectParameters } from "./parameters.ts";
import { createHocuspocusVisitor } from "./visitor-hocuspocus.ts";
import { createNativeVisitor, writeNativeDocuments } from "./visitor-native.ts";
import { createYWebsocketVisitor } from "./visitor-y-websocket.ts";

/** Somebody who comes, learns what is new, and goes; and who remembers what they have. */
export interface Visitor {
  visit(): Promise<Visit>;
}

/** What a visit cost, the switch of protocols included. */
interface Visit {
  readonly ms: number;
  /** Both ways. */
  readonly byteCount: number;
  readonly messageCount: number;
  /** How often the client had to wait for an answer before it could go on. */
  readonly roundTrips: number;
  /** Documents of which something new came. */
  readonly changedCount: number;
}

/** Those who keep the documents alive, and change them. */
export interface Author {
  /** Makes the next keystroke in so many documents; resolves when that is acknowledged. */
  change(documentCount: number): Promise<void>;
}

/** What everybody writes: all but the last keystroke as one update, then the last. */
export interface DocumentUpdates {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

/** Runs the scenario. */
export const runReconnect = async (
  job: Job,
  wire: Wire,
  { documents, changed, keystrokes, restMs }: ReconnectParameters,
): Promise<RunResult> => {
  const { updates } = readKeystrokes(keystrokes + 1);
  const [second] = updates.slice(-1);
  if (second === undefined) throw new RangeError("no keystrokes");
  const made = { first: Y.mergeUpdates(updates.slice(0, -1)), second };
  const names = Array.from({ length: documents }, (_, index) => {
    return `${job.roomPrefix}${String(index).padStart(5, "0")}`;
  });
  const author =
    wire.name === "native"
      ? await writeNativeDocuments(job, names, made)
      : await writeRooms(job, wire, names, made);
  const visitor = visitorOf(job, wire, names);
  // An author is acknowledged by its own relay; the visitor comes to another.
  await rest(restMs);
  const first = await visitor.visit();
  await rest(restMs);
  const closeWindow = openWindow(job.processes);
  const unchanged = await visitor.visit();
  const use = closeWindow();
  await author.change(changed);
  await rest(restMs);
  const after = await visitor.visit();
  const isRight =
    first.changedCount === documents &&
    unchanged.changedCount === 0 &&
    after.changedCount === changed;
  return {
    figures: {
      unchangedBytes: unchanged.byteCount,
      unchangedMessages: unchanged.messageCount,
      unchangedMs: unchanged.ms,
      unchangedCpuMs: use.cpuMs,
      changedBytes: after.byteCount,
      changedMessages: after.messageCount,
      changedMs: after.ms,
      roundTrips: unchanged.roundTrips,
    },
    failure: isRight
      ? null
      : `saw changes in ${first.changedCount}, ${unchanged.changedCount} and ${after.changedCount} documents`,
    ...use.spent,
  };
};

const visitorOf = (job: Job, wire: Wire, names: readonly string[]): Visitor => {
  switch (wire.name) {
    case "native":
      return createNativeVisitor(job, `${job.roomPrefix}space`);
    case "hocuspocus":
      return createHocuspocusVisitor(job, names);
    case "y-websocket":
      return createYWebsocketVisitor(job, names);
  }
};

/** A document in a room of its own, each with its author. */
const writeRooms = async (
  job: Job,
  wire: Wire,
  names: readonly string[],
  { first, second }: DocumentUpdates,
): Promise<Author> => {
  const acknowledgedCounts = names.map(() => 0);
  const clients: Client[] = [];
  let whenTold = (): void => {};
  const until = async (indexes: readonly number[], count: number): Promise<void> => {
    const done = createDeferred();
    whenTold = () => {
      if (indexes.every((index) => (acknowledgedCounts[index] ?? 0) >= count)) done.resolve();
    };
    whenTold();
    await done.promise;
  };
  const told = (index: number, count: number): void => {
    acknowledgedCounts[index] = Math.max(acknowledgedCounts[index] ?? 0, count);
    if (index === 0 || count > 1 || acknowledgedCounts.every((one) => one > 0)) whenTold();
  };
  await inLanes(names, 32, async (name, index) => {
    let echoCount = 0;
    const client = await wire.join(job.target, urlOf(job.target, index), name, {
      ...idleHandlers,
      update: () => {
        echoCount += 1;
        if (wire.isAcknowledgedByEcho) told(index, echoCount);
      },
      acknowledged: (count) => told(index, count),
    });
    clients[index] = client;
    const [frame] = wire.updateFrames(name, [first]);
    if (frame !== undefined) client.socket.send(frame);
  });
  await until([...names.keys()], 1);
  return {
    change: async (documentCount) => {
      const indexes = Array.from({ length: documentCount }, (_, index) => index);
      for (const index of indexes) {
        const [frame] = wire.updateFrames(names[index] ?? "", [second]);
        if (frame !== undefined) clients[index]?.socket.send(frame);
      }
      await until(indexes, 2);
    },
  };
};
