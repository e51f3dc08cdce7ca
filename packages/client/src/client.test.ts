import { SyncError } from "@syncline/machine";
import { expect, test } from "vitest";
import type * as Y from "yjs";
import { client, cluster, statusWhere, until } from "../../../test/client/world.ts";
import { connect } from "./client.ts";

const textOf = (doc: Y.Doc): Y.Text => doc.getText("body");

test("two clients converge", async () => {
  const { urls } = await cluster();
  const [left, right] = [client(urls).space("s"), client(urls).space("s")];
  const [leftDoc, rightDoc] = [await left.doc("notes"), await right.doc("notes")];
  await Promise.all([left.whenSynced(), right.whenSynced()]);

  textOf(leftDoc).insert(0, "left");
  textOf(rightDoc).insert(0, "right");
  await until(leftDoc, "update", () => textOf(leftDoc).length === 9);
  await until(rightDoc, "update", () => textOf(rightDoc).length === 9);

  expect(textOf(leftDoc).toJSON()).toBe(textOf(rightDoc).toJSON());
});

test("a second client finds what the first has left", async () => {
  const { urls } = await cluster();
  const first = client(urls);
  textOf(await first.space("s").doc()).insert(0, "here");
  await first.space("s").settled("all");
  first.close();

  const space = client(urls).space("s");
  const doc = await space.doc();
  await space.synced;

  expect(textOf(doc).toJSON()).toBe("here");
  expect(space.docNames).toEqual(["default"]);
});

test("one connection serves all spaces of a client", async () => {
  const { urls, relays } = await cluster();
  const one = client(urls);

  await Promise.all([one.space("a").whenSynced(), one.space("b/c").whenSynced()]);

  expect(relays[0]?.connectionCount).toBe(1);
});

test("a space is the same until it is closed", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  const space = one.space("s");

  expect(one.space("s")).toBe(space);
  space.close();
  expect(one.space("s")).not.toBe(space);
});

test("a space that is opened again has what the first one wrote", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  await one.space("s").whenSynced();
  textOf(await one.space("s").doc()).insert(0, "kept");
  one.space("s").close();

  await one.space("s").whenSynced();
  const doc = await one.space("s").doc();
  await until(doc, "update", () => textOf(doc).length > 0);

  expect(textOf(doc).toJSON()).toBe("kept");
});

test("a space that is closed and opened again and again is served at last", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  await one.space("s").whenSynced();
  for (let count = 0; count < 20; count += 1) one.space("s").close();
  for (let count = 0; count < 20; count += 1) {
    textOf(await one.space("s").doc()).insert(0, "x");
    one.space("s").close();
    await Promise.resolve();
  }

  textOf(await one.space("s").doc()).insert(0, "last");
  await one.space("s").settled("all");

  expect(one.space("s").status).toMatchObject({ connected: true, pending: 0 });
});

test("a document is the same Y.Doc, at once and offline too", async () => {
  const space = client("ws://127.0.0.1:1").space("s");

  const doc = await space.doc("d");

  expect(await space.doc("d")).toBe(doc);
});

test.each(["", "a//b", "a\nb", "x".repeat(129), "\ud800"])(
  "a space named %j is refused",
  (name) => {
    const one = client("ws://127.0.0.1:1");

    expect(() => one.space(name)).toThrow(expect.objectContaining({ code: "BAD_NAME" }));
  },
);

test("a document with a bad name is refused", async () => {
  const space = client("ws://127.0.0.1:1").space("s");

  await expect(space.doc("")).rejects.toMatchObject({ code: "BAD_NAME" });
});

test.each([[], ["http://127.0.0.1:1"], ["nonsense"]])("addresses %j are refused", (...urls) => {
  expect(() => connect(urls)).toThrow(SyncError);
});

test("a relay that cannot be reached leaves the client offline and its edits kept", async () => {
  const one = client(["ws://127.0.0.1:1", "ws://127.0.0.1:2"]);
  const space = one.space("s");
  textOf(await space.doc()).insert(0, "kept");
  expect(one.status).toBe("connecting");

  await until(one, "status", () => one.status === "offline");
  await space.settled("local");

  expect(space.status).toMatchObject({ connected: false, pending: 1, level: "local" });
  expect(space.status).toMatchObject({ copies: "0/0", relay: null, error: null });
});

test("edits made offline are sent when a relay is there", async () => {
  const { urls, relays } = await cluster();
  await relays[0]!.stop();
  const one = client(urls);
  const space = one.space("s");
  textOf(await space.doc()).insert(0, "offline");
  await until(one, "status", () => one.status === "offline");

  await relays[0]!.start();
  await space.settled("quorum");

  expect(one.status).toBe("connected");
});

test("unsettled edits go to the next relay when one is lost", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  await relays[1]!.stop();
  await relays[2]!.stop();
  const one = client([urls[0]!, urls[1]!]);
  const space = one.space("s");
  const doc = await space.doc();
  await space.whenSynced();
  textOf(doc).insert(0, "carried");
  await space.settled("relay");

  await relays[0]!.stop();
  await Promise.all([relays[1]!.start(), relays[2]!.start()]);
  await space.settled("quorum");

  expect(one.url).toBe(urls[1]);
  expect(space.status).toMatchObject({ relay: "b", copies: "2/3", level: "quorum" });
});

test("what another wrote and only this client still has is given to the next relay", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  await relays[1]!.stop();
  await relays[2]!.stop();
  const author = client(urls[0]!);
  const reader = client([urls[0]!, urls[1]!]).space("s");
  const readerDoc = await reader.doc();
  textOf(await author.space("s").doc()).insert(0, "seen");
  await until(readerDoc, "update", () => textOf(readerDoc).length === 4);
  author.close();

  await relays[0]!.stop();
  await Promise.all([relays[1]!.start(), relays[2]!.start()]);
  const late = client(urls[2]!).space("s");
  const lateDoc = await late.doc();
  await until(lateDoc, "update", () => textOf(lateDoc).length === 4);

  expect(textOf(lateDoc).toJSON()).toBe("seen");
});

test("after disconnect nothing is sent until connect", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  const space = one.space("s");
  await space.whenSynced();
  one.disconnect();
  textOf(await space.doc()).insert(0, "later");
  await expect(space.settled("relay", { timeoutMs: 20 })).rejects.toMatchObject({
    code: "TIMEOUT",
  });
  expect(one.status).toBe("offline");

  one.connect();
  await space.settled("all");

  expect(one.status).toBe("connected");
});

test("a client with another token is refused", async () => {
  const { urls } = await cluster({ token: "right" });
  const one = client(urls, { token: "wrong" });
  const space = one.space("s");
  textOf(await space.doc()).insert(0, "x");
  const waiting = space.settled("relay");

  await expect(waiting).rejects.toMatchObject({ code: "FORBIDDEN" });
  await until(one, "status", () => one.status === "offline");
  await statusWhere(space, ({ error }) => error !== null);

  expect(one.error).toMatchObject({ code: "FORBIDDEN" });
  await expect(space.settled("relay")).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("a token is asked for at each connection", async () => {
  const { urls } = await cluster({ token: "right" });
  const tokens = ["wrong", "right"];
  const one = client(urls, { token: () => Promise.resolve(tokens.shift() ?? "none") });
  const space = one.space("s");
  await until(one, "error", () => one.error !== null);

  one.connect();
  await space.whenSynced();

  expect(space.status).toMatchObject({ connected: true, error: null });
});

test("a space that is turned away for now is asked for again", async () => {
  let isBusy = true;
  const { urls } = await cluster({ refuse: () => (isBusy ? "BUSY" : null) });
  const space = client(urls).space("s");
  textOf(await space.doc()).insert(0, "x");
  await statusWhere(space, ({ error }) => error?.code === "BUSY");

  isBusy = false;
  await space.settled("all");

  expect(space.status).toMatchObject({ connected: true, error: null });
});

test("a space that is forbidden leaves the others alone", async () => {
  const { urls } = await cluster({ refuse: (name) => (name === "secret" ? "FORBIDDEN" : null) });
  const one = client(urls);
  const secret = one.space("secret");
  const open = one.space("open");
  textOf(await secret.doc()).insert(0, "x");
  textOf(await open.doc()).insert(0, "x");

  await expect(secret.settled("relay")).rejects.toMatchObject({ code: "FORBIDDEN" });
  await open.settled("all");

  expect(secret.status.error).toMatchObject({ code: "FORBIDDEN" });
});

test("a frame that cannot be read ends the connection and not the client", async () => {
  const { urls, relays } = await cluster();
  const one = client(urls);
  const codes: string[] = [];
  one.on("error", ({ code }) => codes.push(code));
  await one.space("s").whenSynced();

  relays[0]!.sendRaw(Uint8Array.of(255, 255, 1));
  await until(one, "status", () => one.status !== "connected");
  await one.space("s").whenSynced();

  expect(codes).toEqual(["BAD_FRAME"]);
});

test("a closed client gives no more spaces", async () => {
  const one = client("ws://127.0.0.1:1");
  one.close();

  expect(() => one.space("s")).toThrow(expect.objectContaining({ code: "CLOSED" }));
});
