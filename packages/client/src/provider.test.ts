import { expect, test } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { atEnd, client, cluster, until } from "../../../test/client/world.ts";
import type { ProviderOptions } from "./provider-options.ts";
import { Provider } from "./provider.ts";

const provide = (
  server: ConstructorParameters<typeof Provider>[0],
  room: string,
  doc: Y.Doc = new Y.Doc(),
  options: ProviderOptions = {},
): Provider => {
  const provider = new Provider(server, room, doc, { baseMs: 5, capMs: 20, ...options });
  atEnd(() => {
    provider.destroy();
  });
  return provider;
};

const synced = (provider: Provider): Promise<void> =>
  until(provider, "sync", () => provider.synced);

test("two providers of a room converge", async () => {
  const { urls } = await cluster();
  const [left, right] = [provide(urls, "room"), provide(urls[0]!, "room")];
  await Promise.all([synced(left), synced(right)]);

  left.doc.getText("body").insert(0, "hello");
  await until(right.doc, "update", () => right.doc.getText("body").length === 5);
  await left.settled("all");

  expect(left.space.status).toMatchObject({ level: "all", pending: 0 });
});

test("what the Y.Doc holds already is sent", async () => {
  const { urls } = await cluster();
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "before");
  provide(urls, "room", doc);

  const other = provide(urls, "room");
  await until(other.doc, "update", () => other.doc.getText("body").length === 6);

  expect(other.doc.getText("body").toJSON()).toBe("before");
});

test("a room is the space that a stock client has there", async () => {
  const { urls } = await cluster();

  expect(provide(urls, "my room/ü").space.name).toBe("my%20room/%C3%BC");
});

test("a room that no space can have is refused", () => {
  expect(() => provide("ws://127.0.0.1:1", "a//b")).toThrow(
    expect.objectContaining({ code: "BAD_NAME" }),
  );
});

test("changes from elsewhere have the provider as their origin", async () => {
  const { urls } = await cluster();
  const [left, right] = [provide(urls, "room"), provide(urls, "room")];
  const origins: unknown[] = [];
  right.doc.on("update", (_update: Uint8Array, origin: unknown) => origins.push(origin));

  left.doc.getText("body").insert(0, "x");
  await until(right.doc, "update", () => origins.length > 0);

  expect(origins).toEqual([right]);
});

test("it has what an editor binding asks of y-websocket's", async () => {
  const { urls } = await cluster();
  const doc = new Y.Doc();
  const provider = provide(urls, "room", doc, { params: { token: "a b" } });

  expect(provider.awareness.doc).toBe(doc);
  expect(provider.awareness.clientID).toBe(doc.clientID);
  expect(provider).toMatchObject({ doc, roomname: "room", shouldConnect: true, synced: false });
  expect(provider).toMatchObject({ wsconnected: false, wsconnecting: true });
  expect(provider.url).toBe(`${urls[0]}/room?token=a%20b`);

  await synced(provider);
  expect(provider).toMatchObject({ wsconnected: true, wsconnecting: false });
});

test("its events are those of y-websocket's", async () => {
  const { urls, relays } = await cluster();
  const provider = provide(urls, "room");
  const events: unknown[] = [];
  provider.on("status", ({ status }) => events.push(status));
  provider.on("sync", (isSynced) => events.push(`sync ${isSynced}`));
  provider.on("synced", (isSynced) => events.push(`synced ${isSynced}`));
  provider.on("connection-close", (loss) => events.push(`close ${loss?.code ?? "own"}`));
  await synced(provider);

  relays[0]!.dropAll(1012);
  await until(provider, "sync", () => !provider.synced);
  await synced(provider);
  provider.disconnect();

  const whenOpen = ["connected", "synced true", "sync true"];
  const whenLost = ["synced false", "sync false"];
  expect(events).toEqual([
    ...whenOpen,
    "close 1012",
    ...whenLost,
    "disconnected",
    "connecting",
    ...whenOpen,
    ...whenLost,
    "close own",
    "disconnected",
  ]);
});

test("an attempt that fails is an error of the connection", async () => {
  const provider = provide("ws://127.0.0.1:1", "room");
  let failureCount = 0;
  provider.on("connection-error", () => {
    failureCount += 1;
  });

  await until(provider, "connection-error", () => failureCount > 0);

  expect(provider).toMatchObject({ wsconnected: false, wsconnecting: true });
});

test("a relay that refuses ends the attempts", async () => {
  const { urls } = await cluster({ token: "right" });
  const provider = provide(urls, "room", new Y.Doc(), { token: "wrong" });
  const codes: string[] = [];
  provider.on("closed", ({ code }) => codes.push(code));

  await until(provider, "closed", () => codes.length > 0);

  expect(codes).toEqual(["FORBIDDEN"]);
  expect(provider).toMatchObject({ shouldConnect: false, wsconnecting: false });
});

test("without connect nothing is sent until it is asked for", async () => {
  const { urls, relays } = await cluster();
  const provider = provide(urls, "room", new Y.Doc(), { connect: false });
  provider.doc.getText("body").insert(0, "x");
  expect(provider).toMatchObject({ wsconnected: false, wsconnecting: false });
  expect(relays[0]!.connectionCount).toBe(0);

  provider.connect();
  await provider.settled("all");

  expect(provider.wsconnected).toBe(true);
});

test("edits made while disconnected are sent after connect", async () => {
  const { urls } = await cluster();
  const [left, right] = [provide(urls, "room"), provide(urls, "room")];
  await synced(left);
  left.disconnect();
  left.doc.getText("body").insert(0, "later");

  left.connect();
  await until(right.doc, "update", () => right.doc.getText("body").length === 5);

  expect(right.doc.getText("body").toJSON()).toBe("later");
});

test("cursors of others appear, and disappear with them", async () => {
  const { urls } = await cluster();
  const [left, right] = [provide(urls, "room"), provide(urls, "room")];
  left.awareness.setLocalStateField("cursor", 3);
  const cursor = (): unknown => right.awareness.getStates().get(left.doc.clientID)?.["cursor"];
  await until(right.awareness, "change", () => cursor() === 3);

  left.destroy();
  await until(right.awareness, "change", () => cursor() === undefined);

  expect([...right.awareness.getStates().keys()]).toEqual([right.doc.clientID]);
});

test("an Awareness that was given is used and not destroyed", async () => {
  const { urls } = await cluster();
  const doc = new Y.Doc();
  atEnd(() => {
    doc.destroy();
  });
  const awareness = new Awareness(doc);
  awareness.setLocalStateField("name", "Ann");
  const provider = provide(urls, "room", doc, { awareness });
  await synced(provider);

  provider.destroy();

  expect(provider.awareness).toBe(awareness);
  expect(awareness.getLocalState()).toEqual({ name: "Ann" });
});

test("providers of one client share its connection", async () => {
  const { urls, relays } = await cluster();
  const shared = client(urls);
  const providers = ["a", "b", "c"].map((room) => provide(shared, room));

  await Promise.all(providers.map(synced));

  expect(relays[0]!.connectionCount).toBe(1);
  expect([...shared.spaces.keys()]).toEqual(["a", "b", "c"]);
});

test("two providers of one client and room have a Y.Doc each, and end one by one", async () => {
  const { urls } = await cluster();
  const shared = client(urls);
  const [first, second, far] = [
    provide(shared, "room"),
    provide(shared, "room"),
    provide(urls, "room"),
  ];
  await Promise.all([first, second, far].map(synced));
  first.doc.getText("body").insert(0, "1");
  expect(second.doc.getText("body").toJSON()).toBe("1");

  first.destroy();
  second.doc.getText("body").insert(1, "2");
  await until(far.doc, "update", () => far.doc.getText("body").length === 2);
  expect(first.doc.getText("body").toJSON()).toBe("1");

  second.destroy();
  expect(shared.spaces.size).toBe(0);
  expect(shared.status).toBe("connected");
});

test("an edit that is too large throws, and is an event", async () => {
  const { urls } = await cluster();
  const provider = provide(urls, "room", new Y.Doc(), { limits: { batchBytesMax: 1000 } });
  const codes: string[] = [];
  provider.on("error", ({ code }) => codes.push(code));

  expect(() => provider.doc.getText("body").insert(0, "x".repeat(2000))).toThrow("the limit");

  expect(codes).toEqual(["TOO_LARGE"]);
});

test("after destroy the Y.Doc stands alone", async () => {
  const { urls } = await cluster();
  const [left, right] = [provide(urls, "room"), provide(urls, "room")];
  await Promise.all([synced(left), synced(right)]);

  left.destroy();
  left.doc.getText("body").insert(0, "alone");
  right.doc.getText("body").insert(0, "others");
  await right.settled("all");

  expect(left.doc.getText("body").toJSON()).toBe("alone");
  expect(right.doc.getText("body").toJSON()).toBe("others");
});
