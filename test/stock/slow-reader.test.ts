/** A client that stops reading costs no more than the mark, and has everything after it reads on. */
import { expect, test } from "vitest";
import * as Y from "yjs";
import { step1Frame } from "../../packages/relay/src/stock/stock-frames.ts";
import { settle, startStockServer, until } from "./stock-server.ts";

test(
  "a reader that stops is not sent to, and gets what it lacks when it reads on",
  { timeout: 60_000 },
  async () => {
    await using server = await startStockServer({ highWaterBytes: 64 * 1024 });
    const ann = server.client("notes");
    await until(() => ann.provider.synced);
    const slow = await server.raw("notes");
    slow.send(step1Frame(Uint8Array.of(0)));
    await until(() => slow.frames.length >= 2);
    slow.socket.pause();
    const block = "x".repeat(64 * 1024);
    for (let index = 0; index < 300; index += 1) {
      ann.text.insert(0, block);
      ann.text.delete(0, block.length - 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settle(500);

    slow.socket.resume();

    const copy = new Y.Doc();
    let taken = 0;
    await until(() => {
      for (const frame of slow.frames.slice(taken)) {
        taken += 1;
        const [type, step] = frame;
        if (type === 0 && step !== 0) Y.applyUpdate(copy, updateIn(frame));
      }
      return copy.getText("body").toJSON() === ann.text.toJSON();
    });
    // 300 blocks of 64 kB were written; what was sent is far less than that.
    const receivedBytes = slow.frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(receivedBytes).toBeLessThan(10 * 1024 * 1024);
  },
);

/** Behind the two kinds stands the length, then the update. */
const updateIn = (frame: Uint8Array): Uint8Array => {
  let position = 2;
  while ((frame[position] ?? 0) >= 128) position += 1;
  return frame.subarray(position + 1);
};
