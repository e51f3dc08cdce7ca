/** Coming back on Syncline's own wire: all documents are in one space, and one vector says what the client has of it. */
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type EdgeMessage,
  type LinkItem,
  type SpaceMessage,
  SUBPROTOCOL,
} from "@syncline/gossip";
import { randomBytes } from "node:crypto";
import { createDeferred } from "../load/deferred.ts";
import type { Job } from "../load/job.ts";
import { type LoadSocket, maskedFrame, openWebSocket } from "../load/web-socket.ts";
import { greeting } from "../wires/native.ts";
import { urlOf } from "../wires/wire.ts";
import type { Author, DocumentUpdates, Visitor } from "./reconnect.ts";

interface Edge {
  readonly socket: LoadSocket;
  say(message: EdgeMessage): void;
}

/** A socket with one space on it. The packages' own codec: nothing here is on a hot path. */
const openEdge = async (
  url: string,
  space: string,
  take: (message: SpaceMessage) => void,
  closed: (code: number) => void,
): Promise<Edge> => {
  const reader = createLinkReader(10);
  const linkWriter = createLinkWriter();
  const spaceWriter = createSpaceWriter(space, 1);
  const socket = await openWebSocket(url, SUBPROTOCOL, {
    message: (bytes) => {
      for (const item of reader.read(bytes) ?? []) if (isMessage(item)) take(item.message);
    },
    closed,
  });
  let isGreeted = false;
  return {
    socket,
    say: (message) => {
      const frame = linkWriter.message(spaceWriter, message);
      socket.send(maskedFrame(isGreeted ? frame : Buffer.concat([greeting, frame])));
      isGreeted = true;
    },
  };
};

const isMessage = (item: LinkItem): item is Extract<LinkItem, { kind: "space" }> =>
  item.kind === "space";

/** Writes all documents into the space. */
export const writeNativeDocuments = async (
  job: Job,
  names: readonly string[],
  { first, second }: DocumentUpdates,
): Promise<Author> => {
  const welcomed = createDeferred();
  let ownCount = 0;
  let whenTold = (): void => {};
  const edge = await openEdge(
    urlOf(job.target, 0),
    `${job.roomPrefix}space`,
    (message) => {
      if (message.kind === "welcome") welcomed.resolve();
      if (message.kind === "admitted") ownCount = Math.max(ownCount, message.number);
      if (message.kind === "update" || message.kind === "group") {
        for (const { ownNumber } of message.entries) ownCount = Math.max(ownCount, ownNumber);
      }
      whenTold();
    },
    () => {},
  );
  const until = async (count: number): Promise<void> => {
    const done = createDeferred();
    whenTold = () => {
      if (ownCount >= count) done.resolve();
    };
    whenTold();
    await done.promise;
  };
  let nextNumber = 1;
  const submit = async (documents: readonly string[], payload: Uint8Array): Promise<void> => {
    const batches = documents.map((document) => ({ document, type: "yjs", payload }));
    edge.say({ kind: "submit", firstNumber: nextNumber, batches });
    nextNumber += documents.length;
    await until(nextNumber - 1);
  };
  edge.say({ kind: "join", edge: randomBytes(8).toString("hex"), vector: new Map() });
  // What is submitted before the welcome is dropped.
  await welcomed.promise;
  await submit(names, first);
  return { change: (documentCount) => submit(names.slice(0, documentCount), second) };
};

/** A client that remembers its vector. */
export const createNativeVisitor = (job: Job, space: string): Visitor => {
  const id = randomBytes(8).toString("hex");
  const vector = new Map<string, number>();
  return {
    visit: async () => {
      const changed = new Set<string>();
      const done = createDeferred();
      let target: ReadonlyMap<string, number> | null = null;
      const show = (document: string): void => {
        changed.add(document);
      };
      const whenTold = (): void => {
        if (target === null) return;
        const isThere = [...target].every(([log, number]) => (vector.get(log) ?? 0) >= number);
        if (isThere) done.resolve();
      };
      const take = (message: SpaceMessage): void => {
        if (message.kind === "welcome") target = message.vector;
        if (message.kind === "update" || message.kind === "group") {
          for (const { incarnation, number, batch } of message.entries) {
            if (batch !== null) show(batch.document);
            if (message.kind === "update") vector.set(incarnation, number);
          }
        }
        if (message.kind === "group") {
          for (const { document } of message.states) show(document);
          if (message.isLast) for (const [log, number] of message.vector) vector.set(log, number);
        }
        whenTold();
      };
      const startMs = performance.now();
      const edge = await openEdge(job.target.urls.at(-1) ?? "", space, take, (code) =>
        done.reject(new Error(`closed with ${code}`)),
      );
      edge.say({ kind: "join", edge: id, vector: new Map(vector) });
      await done.promise;
      const ms = performance.now() - startMs;
      const { socket } = edge;
      socket.close();
      return {
        ms,
        byteCount: socket.bytesRead + socket.bytesWritten,
        messageCount: socket.messagesRead + socket.messagesWritten,
        roundTrips: socket.roundTrips,
        changedCount: changed.size,
      };
    },
  };
};
