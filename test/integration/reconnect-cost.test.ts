/** What a reconnect costs on a real socket, both ways, everything that the client and its relay say counted. */
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Cluster, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster;
const ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await cluster.close();
});

const DOCUMENT_COUNT = 1000;

test("1,000 documents: at most 200 bytes with nothing changed; with 10 changed, their batches and 1 kB", async () => {
  let byteCount = 0;
  class CountedSocket extends WebSocket {
    constructor(url: string, protocols: string | string[]) {
      super(url, protocols);
      this.on("message", (data: ArrayBuffer) => (byteCount += data.byteLength));
    }
    override send(data: Uint8Array, ...rest: never[]): void {
      byteCount += data.byteLength;
      super.send(data, ...rest);
    }
  }
  cluster = await startCluster(3);
  const urls = cluster.urlsFrom(0);
  const author = connect(urls);
  const reader = connect(urls, { WebSocket: CountedSocket as never });
  ends.push(
    () => author.close(),
    () => reader.close(),
  );
  const [written, read] = [author.space("acme/board-42"), reader.space("acme/board-42")];
  for (let index = 0; index < DOCUMENT_COUNT; index += 1) {
    (await written.doc(`notes/${index}`)).getText("body").insert(0, `document ${index}`);
  }
  await written.settled("all");
  await until(() => read.docNames.length === DOCUMENT_COUNT);

  const reconnect = async (): Promise<number> => {
    byteCount = 0;
    reader.connect();
    await until(() => read.status.connected && read.status.synced);
    // Whatever else they have to say to each other.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return byteCount;
  };
  reader.disconnect();
  await until(() => !read.status.connected);
  const unchangedBytes = await reconnect();
  reader.disconnect();
  await until(() => !read.status.connected);
  let batchBytes = 0;
  for (let index = 0; index < 10; index += 1) {
    const doc = await written.doc(`notes/${index * 100}`);
    doc.on(
      "update",
      (update: Uint8Array) => (batchBytes += update.length + `notes/${index * 100}`.length),
    );
    doc.getText("body").insert(0, "changed ");
  }
  await written.settled("all");
  const changedBytes = await reconnect();

  console.log(
    `reconnect: ${unchangedBytes} bytes unchanged; ${changedBytes} for ${batchBytes} of batches`,
  );
  expect(unchangedBytes).toBeLessThanOrEqual(200);
  expect(changedBytes).toBeLessThanOrEqual(batchBytes + 1000);
  const text = (await read.doc("notes/0")).getText("body").toString();
  expect(text).toBe("changed document 0");
}, 60_000);
