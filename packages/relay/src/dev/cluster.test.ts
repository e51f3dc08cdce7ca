import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Cluster, type ClusterPlan, startCluster } from "./cluster.ts";

const fakeRelay = join(import.meta.dirname, "..", "..", "test", "fake-relay.mjs");

const clusters: Cluster[] = [];

/** A cluster of relays that only pretend, and the lines that were printed. */
const start = async (plan: Partial<ClusterPlan> = {}) => {
  const lines: string[] = [];
  const cluster = await startCluster({
    command: [fakeRelay],
    relayCount: 3,
    port: 0,
    host: "127.0.0.1",
    dataDirectory: "data",
    relayArguments: [],
    print: (line) => lines.push(line),
    ...plan,
  });
  clusters.push(cluster);
  return { relays: cluster.relays, cluster, lines };
};

const httpOf = (url: string): string => url.replace("ws:", "http:");

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});

describe("a cluster", () => {
  test("has relays that know each other, each with a directory of its own", async () => {
    const { relays } = await start();

    const [, b] = relays;
    const told: unknown = await (await fetch(httpOf(b?.url ?? ""))).json();
    const peers = relays.map(({ id, url }) => `${id}=${url}`).join();
    expect(relays.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(told).toMatchObject({ id: "b", data: join("data", "b"), peers });
  });

  test("of one relay has no peers", async () => {
    const { relays } = await start({ relayCount: 1 });

    const told: unknown = await (await fetch(httpOf(relays[0]?.url ?? ""))).json();
    expect(told).not.toHaveProperty("peers");
  });

  test("lets further arguments win over its own", async () => {
    const { relays } = await start({ relayCount: 1, relayArguments: ["--data", "elsewhere"] });

    const told: unknown = await (await fetch(httpOf(relays[0]?.url ?? ""))).json();
    expect(told).toMatchObject({ data: "elsewhere" });
  });

  test("tells the reason of the relay that could not start", async () => {
    const starting = start({ relayArguments: ["--fail", "b"] });

    await expect(starting).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: "relay b: another process has port 1",
    });
  });

  test.each([0, 27, 1.5])("of %d relays cannot be", async (relayCount) => {
    await expect(start({ relayCount })).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  test("does not go beyond the last port", async () => {
    await expect(start({ port: 65_534 })).rejects.toMatchObject({ code: "BAD_CONFIG" });
  });

  test("is gone when it is closed", async () => {
    const { relays, cluster } = await start();
    const pids = relays.map(({ pid }) => pid ?? 0);

    await cluster.close();

    expect(pids.filter(isAlive)).toEqual([]);
    expect(relays.map(({ isUp }) => isUp)).toEqual([false, false, false]);
  });

  test("kills what does not end when asked to", { timeout: 20_000 }, async () => {
    const { relays, cluster } = await start({ relayCount: 1, relayArguments: ["--mute"] });
    const pid = relays[0]?.pid ?? 0;

    await cluster.close();

    expect(isAlive(pid)).toBe(false);
  });
});

describe("a relay of a cluster", () => {
  test("comes back at its address after it was killed", async () => {
    const { relays } = await start();
    const [, b] = relays;

    await b?.kill();
    const wasUp = b?.isUp;
    await b?.start();

    expect(wasUp).toBe(false);
    expect((await fetch(httpOf(b?.url ?? ""))).status).toBe(200);
  });

  test("that is still going away is started when it is gone", async () => {
    const { relays } = await start({ relayCount: 1 });
    const [a] = relays;
    const pid = a?.pid;

    const killed = a?.kill();
    const isUpWhileGoing = a?.isUp;
    await Promise.all([killed, a?.start()]);

    expect(isUpWhileGoing).toBe(false);
    expect(a?.isUp).toBe(true);
    expect(a?.pid).not.toBe(pid);
  });

  test("is not news when it was told to end", async () => {
    const { relays, lines } = await start();

    await relays[0]?.kill();
    await relays[1]?.stop();

    expect(lines).toEqual([]);
  });

  test("that ends by itself is news", async () => {
    const { relays, lines } = await start();

    await fetch(`${httpOf(relays[1]?.url ?? "")}/exit`).catch(() => null);

    await vi.waitFor(() => expect(lines).toEqual(["relay b ended by itself, with exit 3"]));
    expect(relays[1]?.isUp).toBe(false);
  });

  test.each([
    ["complain", "c | something is odd"],
    ["log", "c | a link is down (peer b)"],
  ])("is heard under its name: %s", async (path, line) => {
    const { relays, lines } = await start();

    await fetch(`${httpOf(relays[2]?.url ?? "")}/${path}`);

    await vi.waitFor(() => expect(lines).toEqual([line]));
  });
});
