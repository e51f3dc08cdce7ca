import { levels } from "@syncline/quorum";
import { expect, test } from "vitest";
import { client, cluster, statusWhere, until } from "../../../test/client/world.ts";
import type { SpaceStatus } from "./status.ts";

test.each(levels)("what was edited before the call comes to the level %s", async (level) => {
  const { urls } = await cluster({ homeCount: 3 });
  const space = client(urls).space("s");
  (await space.doc()).getText().insert(0, "x");

  await space.settled(level);

  const { level: reached } = space.status;
  expect(levels.indexOf(reached)).toBeGreaterThanOrEqual(levels.indexOf(level));
});

test("quorum is what is waited for by default", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  await relays[2]!.stop();
  const space = client(urls).space("s");
  (await space.doc()).getText().insert(0, "x");

  await space.settled();

  expect(space.status).toMatchObject({ level: "quorum", pending: 0, copies: "2/3" });
});

test("with nothing edited there is nothing to wait for", async () => {
  const space = client("ws://127.0.0.1:1").space("s");

  await space.settled("all");

  expect(space.status).toMatchObject({ level: "all", pending: 0 });
});

test("a level that takes too long is a timeout", async () => {
  const space = client("ws://127.0.0.1:1").space("s");
  (await space.doc()).getText().insert(0, "x");

  await expect(space.settled("relay", { timeoutMs: 1 })).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("a signal ends the waiting", async () => {
  const space = client("ws://127.0.0.1:1").space("s");
  (await space.doc()).getText().insert(0, "x");
  const controller = new AbortController();
  const waiting = space.settled("relay", { signal: controller.signal });

  controller.abort(new Error("enough"));

  await expect(waiting).rejects.toThrow("enough");
});

test("an unknown level is refused", async () => {
  const space = client("ws://127.0.0.1:1").space("s");

  await expect(space.settled("saved" as "all")).rejects.toMatchObject({ code: "BAD_CONFIG" });
});

test("closing ends the waiting", async () => {
  const space = client("ws://127.0.0.1:1").space("s");
  (await space.doc()).getText().insert(0, "x");
  const waiting = [space.settled("relay"), space.whenSynced(), space.synced];
  const settled = Promise.allSettled(waiting);

  await Promise.resolve();
  space.close();

  for (const one of await settled) expect(one).toMatchObject({ reason: { code: "CLOSED" } });
  await expect(space.settled("local")).rejects.toMatchObject({ code: "CLOSED" });
  await expect(space.doc()).rejects.toMatchObject({ code: "CLOSED" });
});

test("the status tells how an edit spreads", async () => {
  const { urls } = await cluster({ homeCount: 3 });
  const space = client(urls).space("s");
  await space.whenSynced();
  const seen: SpaceStatus[] = [];
  space.on("status", (status) => seen.push(status));

  (await space.doc()).getText().insert(0, "x");
  await statusWhere(space, ({ level, pending }) => level === "all" && pending === 0);
  await Promise.resolve();

  expect(seen[0]).toMatchObject({ level: "local", pending: 1, copies: "0/3", relay: "a" });
  expect(seen.at(-1)).toMatchObject({ level: "all", pending: 0, copies: "3/3", relay: "a" });
  const counts = seen.map(({ copyCount }) => copyCount);
  expect(counts).toEqual(counts.toSorted((left, right) => left - right));
  expect(space.status).toBe(seen.at(-1));
});

test("with two of three homes down an edit has one copy and is never called settled", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  await relays[1]!.stop();
  await relays[2]!.stop();
  const space = client(urls).space("s");
  await space.whenSynced();
  expect(space.status).toMatchObject({ heardCount: 1, isQuorumRead: false, writeQuorum: 2 });
  (await space.doc()).getText().insert(0, "x");

  await space.settled("relay");
  await expect(space.settled("quorum", { timeoutMs: 30 })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  expect(space.status).toMatchObject({ level: "relay", pending: 1, copies: "1/3" });

  await relays[1]!.start();
  await space.settled("quorum");
  expect(space.status).toMatchObject({ level: "quorum", pending: 0, copies: "2/3" });

  await relays[2]!.start();
  await space.settled("all");
  expect(space.status).toMatchObject({ level: "all", copies: "3/3" });
});

test("a first reading of too few homes is told to be one of enough once they are back", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  const author = client(urls.slice(1)).space("s");
  (await author.doc()).getText().insert(0, "x");
  await author.settled("all");
  await relays[1]!.stop();
  await relays[2]!.stop();
  const space = client(urls.slice(0, 1)).space("s");
  await space.whenSynced();
  expect(space.status).toMatchObject({ synced: true, heardCount: 1, isQuorumRead: false });

  await relays[1]!.start();
  const status = await statusWhere(space, ({ isQuorumRead }) => isQuorumRead);

  expect(status).toMatchObject({ synced: true, heardCount: 2 });
});

test("a first reading hears a quorum", async () => {
  const { urls } = await cluster({ homeCount: 3 });
  const space = client(urls).space("s");

  await space.whenSynced();

  expect(space.status).toMatchObject({ connected: true, synced: true, isQuorumRead: true });
});

test("a lost connection is not called synced", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  await space.whenSynced();

  await relays[0]!.stop();
  const status = await statusWhere(space, ({ connected }) => !connected);

  expect(status).toMatchObject({ synced: false, relay: null, heardCount: 0 });
});

test("a space that lets go of the relay keeps its edits until it connects", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  const [space, other] = [one.space("s"), one.space("other")];
  await space.whenSynced();
  space.disconnect();
  (await space.doc()).getText().insert(0, "x");
  (await other.doc()).getText().insert(0, "x");
  await other.settled("all");
  expect(space.status).toMatchObject({ connected: false, pending: 1 });

  space.connect();
  await space.settled("all");

  expect(space.status.connected).toBe(true);
});

test("settled called by somebody who is just told of a change waits for what he writes", async () => {
  const { urls } = await cluster();
  const [author, replier] = [client(urls).space("s"), client(urls).space("s")];
  const doc = await replier.doc();
  await replier.whenSynced();
  const waiting: Promise<void>[] = [];
  doc.getText().observe((event) => {
    if (event.transaction.local) return;
    doc.getText("reply").insert(0, "y");
    waiting.push(replier.settled("relay"));
  });

  (await author.doc()).getText().insert(0, "x");
  await until(doc, "update", () => waiting.length > 0);
  expect(replier.status.level).toBe("local");
  await waiting[0];

  expect(replier.status.level).not.toBe("local");
});
