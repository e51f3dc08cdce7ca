/** A reader that stops reading costs the relay no memory beyond its mark, and has everything once it reads on. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
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

const BATCH_BYTES = 128 * 1024;
const BATCH_COUNT = 1200;
/**
 * What the marks allow for one connection (8 MiB at most), and what the process itself grows by under such traffic: garbage, and the heap of the worker that
 * merges the document again and again, 80 to 115 MB in all.
 */
const GROWTH_BYTES_MAX = 130 * 1024 * 1024;

const residentBytes = (pid: number): number => {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return Number(pages) * 4096;
};

test.skipIf(process.platform !== "linux")(
  "a reader that does not read is not buffered for, and catches up when it does",
  async () => {
    const sockets: WebSocket[] = [];
    class WatchedSocket extends WebSocket {
      constructor(url: string, protocols: string | string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    }
    const network = (): Socket => (sockets.at(-1) as unknown as { _socket: Socket })._socket;
    cluster = await startCluster(1, ["--log-level", "warn"]);
    const [relay] = cluster.relays;
    const pid = relay?.child?.pid ?? 0;
    const author = connect(relay?.url ?? "");
    const reader = connect(relay?.url ?? "", { WebSocket: WatchedSocket as never });
    ends.push(
      () => author.close(),
      () => reader.close(),
    );
    const written = (await author.space("slow").doc()).getMap<Uint8Array>("parts");
    const read = (await reader.space("slow").doc()).getMap<Uint8Array>("parts");
    const put = async (index: number): Promise<void> => {
      // The same few keys, so that the document stays small while the traffic does not.
      written.set(`part ${index % 8}`, Uint8Array.from(randomBytes(BATCH_BYTES)));
      if (index % 4 === 3) await author.space("slow").settled("relay");
    };
    for (let index = 0; index < 40; index += 1) await put(index);
    await until(() => read.size === 8);

    network().pause();
    const beforeBytes = residentBytes(pid);
    let highestBytes = beforeBytes;
    for (let index = 0; index < BATCH_COUNT; index += 1) {
      await put(index);
      highestBytes = Math.max(highestBytes, residentBytes(pid));
    }
    const last = Uint8Array.from(randomBytes(16));
    written.set("last", last);
    await author.space("slow").settled("relay");
    network().resume();
    await until(() => read.get("last") !== undefined);

    expect(read.get("last")).toEqual(last);
    expect(Object.fromEntries(read.entries())).toEqual(Object.fromEntries(written.entries()));
    // Buffered, the reader's share alone would have been 150 MiB more.
    expect(highestBytes - beforeBytes).toBeLessThan(GROWTH_BYTES_MAX);
  },
  120_000,
);
