/** Whatever a client sends: its connection gets a close code or the frame is ignored, others go on. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import {
  awarenessFrame,
  step1Frame,
  step2Frame,
  updateFrame,
} from "../../packages/relay/src/stock/stock-frames.ts";
import { patience, settle, startStockServer, until } from "./stock-server.ts";

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

const sampleUpdate = (): Uint8Array => {
  const doc = new Y.Doc();
  doc.clientID = 7;
  doc.getText("body").insert(0, "hello wörld");
  doc.getMap("map").set("key", { list: [1, 2.5, null, true, "x"], bytes: new Uint8Array(3) });
  doc.getText("body").delete(1, 2);
  return Y.encodeStateAsUpdate(doc);
};

const json = new TextEncoder().encode('{"user":"x"}');
const validFrames = (): readonly Uint8Array[] => [
  step1Frame(Uint8Array.of(1, 7, 3)),
  step2Frame(sampleUpdate()),
  updateFrame(sampleUpdate()),
  awarenessFrame([{ client: 9, clock: 1, json }]),
  Uint8Array.of(3),
];

const corpus: readonly (readonly [string, Uint8Array])[] = [
  ["an empty frame", hex("")],
  ["a number of 11 bytes", hex("ffffffffffffffffffff01")],
  ["a number beyond 53 bits", hex("ffffffffffffff7f")],
  ["a length beyond the end", hex("00 02 0c 01")],
  ["a length one too long", hex("00 00 02 00")],
  ["an unknown step", hex("00 09 01 00")],
  ["a state vector of 2^31 entries", hex("00 00 05 808080800f")],
  ["an update of 2^32 clients", hex("00 02 06 ffffffff0f 00")],
  ["an update of 30,000,000 structs", hex("00 02 07 01 8087a70e 01 00")],
  ["an update of format 2", hex("00 02 1b 00010000000001000100010200001602000001fdffffffff7f0000")],
  ["a garbage struct of 2^53 - 1", hex("00 02 0d 01 01 01 00 00 ffffffffffffff0f")],
  ["a delete of 2^50", hex("00 02 0c 00 01 01 01 00 8080808080808002")],
  ["bytes behind an update", hex("00 02 04 0000 0000")],
  ["an item that rests on itself", hex("00 02 0a 01 01 01 00 84 01 00 01 61 00")],
  ["a text that is no UTF-8", hex("00 02 0d 01 01 01 00 04 01 01 61 02 c328 00")],
  ["100,000 presences in no bytes", hex("01 03 a08d06")],
];

test.each(corpus)("%s closes its connection with 4400", async (_name, frame) => {
  await using server = await startStockServer();
  const raw = await server.raw("notes");

  raw.send(frame);

  const { code, reason } = await raw.closed;
  expect(code).toBe(4400);
  expect(reason).toMatch(/^BAD_(?:FRAME|PAYLOAD): /u);
  expect([...server.rooms.rejectedCountByCode.values()]).toEqual([1]);
});

test.each([
  ["a message of an unknown type", hex("63 01 02 03")],
  ["an auth message", hex("02 00 01 78")],
  ["an empty update", hex("00 02 02 0000")],
  ["a presence that is no JSON", awarenessFrame([{ client: 5, clock: 1, json: hex("7b") }])],
])("%s is ignored", async (_name, frame) => {
  await using server = await startStockServer();
  const raw = await server.raw("notes");
  const ann = server.client("notes");
  await until(() => ann.provider.synced);

  raw.send(frame);
  await settle(50);

  expect(raw.socket.readyState).toBe(raw.socket.OPEN);
  expect(server.homes.submitted).toEqual([]);
  expect(ann.provider.awareness.getStates().has(5)).toBe(false);
});

test("a text frame closes its connection with 4400", async () => {
  await using server = await startStockServer();
  const raw = await server.raw("notes");

  raw.socket.send("hello");

  expect((await raw.closed).code).toBe(4400);
});

describe("of valid frames", () => {
  const damaged = (): readonly Uint8Array[] => {
    const frames = validFrames();
    const prefixes = frames.flatMap((frame) =>
      Array.from(frame, (_byte, byteCount) => frame.slice(0, byteCount)),
    );
    const flips = frames.flatMap((frame) =>
      Array.from({ length: frame.length * 8 }, (_bit, bit) => {
        const flipped = frame.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        return flipped;
      }),
    );
    const joins = frames.flatMap((left) =>
      frames.map((right) => new Uint8Array(Buffer.concat([left, right]))),
    );
    return [...prefixes, ...flips, ...joins];
  };

  test(
    "every prefix, every flipped bit and every pair leaves the others in peace",
    { timeout: 60_000 },
    async () => {
      await using server = await startStockServer();
      const ann = server.client("quiet");
      const ben = server.client("quiet");
      await until(() => ann.provider.synced && ben.provider.synced);
      const frames = damaged();
      expect(frames.length).toBeGreaterThan(1000);

      let raw = await server.raw("noisy");
      for (const frame of frames) {
        if (raw.socket.readyState !== raw.socket.OPEN) raw = await server.raw("noisy");
        raw.send(frame);
        await new Promise((resolve) => setImmediate(resolve));
      }
      ann.text.insert(0, "still here");

      await until(() => ben.text.toJSON() === "still here");
      const late = server.client("noisy");
      await until(() => late.provider.synced);
    },
  );
});

test("random bytes (seed 20) leave the others in peace", async () => {
  await using server = await startStockServer();
  const random = seededRandom(20);
  const ann = server.client("quiet");
  const ben = server.client("quiet");
  await until(() => ann.provider.synced && ben.provider.synced);

  let raw = await server.raw("noisy");
  for (let index = 0; index < 500; index += 1) {
    if (raw.socket.readyState !== raw.socket.OPEN) raw = await server.raw("noisy");
    const head = random.chance(0.5) ? [0, random.integer(0, 3)] : [random.integer(0, 5)];
    raw.send(Uint8Array.from(head), random.bytes(random.integer(0, 60)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  ann.text.insert(0, "still here");

  await expect.poll(() => ben.text.toJSON(), patience).toBe("still here");
});
