/** Disks that are lost, or come back as they were earlier; homes that are away. */
import { cpSync, rmSync } from "node:fs";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { type Cluster, type RelayProcess, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster;
const ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await cluster.close();
});

type Client = ReturnType<typeof connect>;

const open = async (
  urls: string | string[],
  name: string,
): Promise<{
  client: Client;
  space: ReturnType<Client["space"]>;
  text: () => string;
  type: (text: string) => void;
}> => {
  const client = connect(urls);
  ends.push(() => client.close());
  const space = client.space(name);
  const body = (await space.doc("notes")).getText("body");
  return {
    client,
    space,
    text: () => body.toString(),
    type: (text) => body.insert(body.length, text),
  };
};

const relayAt = (index: number): RelayProcess => {
  const relay = cluster.relays[index];
  if (relay === undefined) throw new Error(`no relay ${index}`);
  return relay;
};

const textAt = async (index: number, name: string): Promise<string> => {
  const reader = await open(relayAt(index).url, name);
  await reader.space.whenSynced();
  const text = reader.text();
  reader.client.close();
  return text;
};

interface Status {
  readonly incarnation: string;
  readonly space: { readonly vector: Readonly<Record<string, number>> } | null;
}

const statusOf = async (index: number, name: string): Promise<Status> => {
  const url = relayAt(index).url.replace("ws:", "http:");
  return (await (await fetch(`${url}/status?space=${encodeURIComponent(name)}`)).json()) as Status;
};

test("an edit that only its relay and a reader had seen comes back from the reader when the relay's disk is lost", async () => {
  const name = "lost/edit";
  cluster = await startCluster(3);
  const author = await open(relayAt(0).url, name);
  const reader = await open(cluster.urlsFrom(0), name);
  author.type("before ");
  await author.space.settled("all");
  await relayAt(1).kill();
  await relayAt(2).kill();
  author.type("only here");
  await author.space.settled("relay");
  await until(() => reader.text() === "before only here");

  author.client.close();
  await relayAt(0).kill();
  rmSync(relayAt(0).dataDirectory, { recursive: true });
  await relayAt(1).start();
  await relayAt(2).start();

  await until(async () => (await textAt(1, name)) === "before only here");
  await until(async () => (await textAt(2, name)) === "before only here");
  await relayAt(0).start();
  await until(async () => (await textAt(0, name)) === "before only here");

  expect(await textAt(0, name)).toBe("before only here");
}, 60_000);

test("with two of three relays down, writes are accepted as relay, 1 of 3, and settle when the others return", async () => {
  const name = "two/down";
  cluster = await startCluster(3);
  const author = await open(cluster.urlsFrom(2), name);
  author.type("three ");
  await author.space.settled("all");
  await relayAt(0).kill();
  await relayAt(1).kill();

  author.type("one");
  await author.space.settled("relay");

  expect(author.space.status.level).toBe("relay");
  expect(author.space.status.copies).toBe("1/3");
  await expect(author.space.settled("quorum", { timeoutMs: 500 })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  expect(author.space.status.level).toBe("relay");
  const newcomer = await open(relayAt(2).url, name);
  await newcomer.space.whenSynced();
  expect(newcomer.text()).toBe("three one");
  expect(newcomer.space.status.isQuorumRead).toBe(false);

  await relayAt(0).start();
  await author.space.settled("quorum", { timeoutMs: 20_000 });
  await relayAt(1).start();
  await author.space.settled("all", { timeoutMs: 20_000 });
  expect(await textAt(0, name)).toBe("three one");
  expect(await textAt(1, name)).toBe("three one");
}, 60_000);

test("with no relay at all, edits are kept and the status says so", async () => {
  cluster = await startCluster(1);
  const author = await open(relayAt(0).url, "none/left");
  await author.space.whenSynced();
  await relayAt(0).kill();
  await until(() => !author.space.status.connected);

  author.type("kept");

  expect(author.space.status.level).toBe("local");
  await until(() => author.space.status.pending > 0);
  await relayAt(0).start();
  await author.space.settled("all", { timeoutMs: 20_000 });
  expect(await textAt(0, "none/left")).toBe("kept");
}, 60_000);

test("a relay whose directory was wiped comes back with a new incarnation and is filled by the others", async () => {
  const name = "wiped/disk";
  cluster = await startCluster(3);
  const author = await open(relayAt(0).url, name);
  author.type("all of it");
  await author.space.settled("all");
  const quiet = await open(relayAt(0).url, "wiped/quiet");
  quiet.type("nobody is here any more");
  await quiet.space.settled("all");
  quiet.client.close();
  const before = await statusOf(2, name);

  await relayAt(2).kill();
  rmSync(relayAt(2).dataDirectory, { recursive: true });
  await relayAt(2).start();
  author.type(", and more");
  await author.space.settled("all", { timeoutMs: 20_000 });

  const after = await statusOf(2, name);
  expect(after.incarnation).not.toBe(before.incarnation);
  // Also a space that nobody opened since: with the other two gone the wiped one has it.
  await until(async () => (await statusOf(2, "wiped/quiet")).space !== null);
  await until(async () => {
    const [mine, others] = [await statusOf(2, "wiped/quiet"), await statusOf(0, "wiped/quiet")];
    return JSON.stringify(mine.space?.vector) === JSON.stringify(others.space?.vector);
  });
  await relayAt(0).kill();
  await relayAt(1).kill();
  expect(await textAt(2, name)).toBe("all of it, and more");
  expect(await textAt(2, "wiped/quiet")).toBe("nobody is here any more");
}, 60_000);

// Copied back as files, the data file is another file than it was: the relay notices as it opens it. Written over in place, only its peers can tell.
test.each([
  [
    "as files",
    (from: string, to: string) => {
      rmSync(to, { recursive: true });
      cpSync(from, to, { recursive: true });
    },
  ],
  ["in place", (from: string, to: string) => cpSync(from, to, { recursive: true, force: true })],
])(
  "a relay whose directory was replaced by an older copy, %s, takes a new incarnation and nothing diverges",
  async (_, putBack) => {
    const name = "older/copy";
    cluster = await startCluster(3);
    const author = await open(relayAt(2).url, name);
    author.type("old ");
    await author.space.settled("all");
    await relayAt(2).end();
    const backup = `${relayAt(2).dataDirectory}.backup`;
    cpSync(relayAt(2).dataDirectory, backup, { recursive: true });
    await relayAt(2).start();
    author.type("new ");
    await author.space.settled("all", { timeoutMs: 20_000 });
    const before = await statusOf(2, name);
    author.client.close();

    await relayAt(2).kill();
    putBack(backup, relayAt(2).dataDirectory);
    await relayAt(2).start();
    // Somebody writes there at once: under the old name this batch would get a dot that means another one.
    const other = await open(relayAt(2).url, name);
    other.type("newest");
    await other.space.settled("all", { timeoutMs: 20_000 });

    const after = await statusOf(2, name);
    expect(after.incarnation).not.toBe(before.incarnation);
    const texts = await Promise.all([0, 1, 2].map((index) => textAt(index, name)));
    expect(new Set(texts).size).toBe(1);
    for (const part of ["old ", "new ", "newest"]) expect(texts[0]).toContain(part);
  },
  60_000,
);
