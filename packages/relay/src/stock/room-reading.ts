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

/** Reads the whole document by an edge of its own, which says nothing and ends with it. Rejects when that takes too long, and never settles once the room has ended. */
export const readAgain = (room: Room): Promise<readonly Uint8Array[]> =>
  new Promise((resolve, reject) => {
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
    const stopTimer = later(room, limits.readMs, () =>
      fail(new Error("the document could not be read again in time")),
    );
    const edge = createSpaceEdge({
      ...room.options,
      limits: { batchBytesMax: limits.batchBytesMax, outboxBytesMax: limits.outboxBytesMax },
      output: (output) => {
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
