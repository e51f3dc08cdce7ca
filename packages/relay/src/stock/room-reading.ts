/** A room's document as its home has it: what the room's edge is shown of it, and all of it once more, for a content that has rested. */
import type { Batch } from "@syncline/gossip";
import { DOCUMENT, later, type Room } from "./room-state.ts";
import { createSpaceEdge } from "./space-edge.ts";

/** The payloads of the room's document among these batches. What is not well formed is left out, with a word in the log. */
export const payloadsOf = (
  { options: { documents, log, space } }: Room,
  batches: readonly Batch[],
): readonly Uint8Array[] => {
  const payloads: Uint8Array[] = [];
  for (const { document, type, payload } of batches) {
    if (document !== DOCUMENT) continue;
    const why = documents.whyBad(type, payload);
    if (why === null) payloads.push(payload);
    else log.warn({ room: space, why }, "a batch is not shown to stock clients");
  }
  return payloads;
};

/**
 * Reads the whole document by an edge of its own, which submits nothing and ends with it. Rejects when the home says nothing for too long, or the room has
 * ended before; never settles if it ends meanwhile.
 */
export const readAgain = (room: Room): Promise<readonly Uint8Array[]> =>
  new Promise((resolve, reject) => {
    // A client's last frames, and timers of sessions that are being closed, come after the end. Nobody would end what they begin.
    if (room.isClosed) return reject(new Error("the room has ended"));
    const { limits } = room.options;
    const payloads: Uint8Array[] = [];
    const end = (): void => {
      stopTimer();
      room.timers.delete(end);
      edge.close();
    };
    const fail = (error: Error): void => {
      end();
      reject(error);
    };
    // Thousands of rooms may be read at once, each slowly: silence counts, not how long it takes.
    const startTimer = (): (() => void) =>
      later(room, limits.readSilenceMs, () => fail(new Error("the document could not be read")));
    let stopTimer = startTimer();
    const edge = createSpaceEdge({
      ...room.options,
      limits: { batchBytesMax: limits.batchBytesMax, outboxBytesMax: limits.outboxBytesMax },
      output: (output) => {
        stopTimer();
        stopTimer = startTimer();
        if (output.kind === "show") payloads.push(...payloadsOf(room, output.batches));
        if (output.kind !== "synced") return;
        end();
        resolve(payloads);
      },
      lost: () => {},
      failed: fail,
    });
    room.timers.add(end);
    edge.open();
  });
