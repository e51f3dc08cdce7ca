import { expect, test } from "vitest";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { atEnd, client, cluster, until } from "../../../test/client/world.ts";

const awarenessOf = (): Awareness => {
  const doc = new Y.Doc();
  atEnd(() => {
    doc.destroy();
  });
  return new Awareness(doc);
};

/** The name of the other as the watcher sees it; undefined if it does not. */
const nameSeen = (watcher: Awareness, other: Awareness): unknown =>
  watcher.getStates().get(other.clientID)?.["name"];

const sees = (watcher: Awareness, other: Awareness, name: string | null): Promise<void> =>
  until(watcher, "update", () => {
    const state = watcher.getStates().get(other.clientID);
    return name === null ? state === undefined : state?.["name"] === name;
  });

test("two clients see each other", async () => {
  const { urls } = await cluster();
  const [ann, bob] = [client(urls).space("s").presence, client(urls).space("s").presence];

  ann.setLocalStateField("name", "Ann");
  bob.setLocalStateField("name", "Bob");

  await sees(ann, bob, "Bob");
  await sees(bob, ann, "Ann");

  expect(nameSeen(bob, ann)).toBe("Ann");
});

test("its client id is that of the space's Y.Docs", async () => {
  const space = client("ws://127.0.0.1:1").space("s");

  const [one, two] = [await space.doc("one"), await space.doc("two")];

  expect(space.presence.clientID).toBe(one.clientID);
  expect(space.presence.doc.clientID).toBe(two.clientID);
});

test("somebody who comes later sees who is here", async () => {
  const { urls } = await cluster();
  const ann = client(urls).space("s");
  ann.presence.setLocalStateField("name", "Ann");
  await ann.whenSynced();

  const bob = client(urls).space("s");
  await bob.whenSynced();

  await sees(bob.presence, ann.presence, "Ann");

  expect(nameSeen(bob.presence, ann.presence)).toBe("Ann");
});

test("a client that closes is gone", async () => {
  const { urls } = await cluster();
  const one = client(urls);
  const [ann, bob] = [one.space("s").presence, client(urls).space("s").presence];
  ann.setLocalStateField("name", "Ann");
  await sees(bob, ann, "Ann");

  one.close();

  await sees(bob, ann, null);

  expect(nameSeen(bob, ann)).toBe(undefined);
});

test("a client whose connection is cut is gone, and back when it reconnects", async () => {
  const { urls, relays } = await cluster();
  const [ann, bob] = [client(urls).space("s"), client(urls).space("s")];
  ann.presence.setLocalStateField("name", "Ann");
  bob.presence.setLocalStateField("name", "Bob");
  await sees(bob.presence, ann.presence, "Ann");
  await sees(ann.presence, bob.presence, "Bob");

  relays[0]!.dropAll();
  await sees(bob.presence, ann.presence, null);

  await sees(bob.presence, ann.presence, "Ann");
  await sees(ann.presence, bob.presence, "Bob");

  expect(nameSeen(ann.presence, bob.presence)).toBe("Bob");
});

test("after a reconnect it is said under a new number, or stock clients would not take it", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  space.presence.setLocalStateField("name", "Ann");
  await space.whenSynced();
  const clockOf = (): number => space.presence.meta.get(space.presence.clientID)!.clock;
  const clockBefore = clockOf();

  relays[0]!.dropAll();
  await until(space, "status", () => !space.status.connected);
  await space.whenSynced();

  expect(clockOf()).toBeGreaterThan(clockBefore);
});

test("a client stays here when another connection gives up its key", async () => {
  const { urls, relays } = await cluster();
  const [ann, bob] = [client(urls).space("s").presence, client(urls).space("s").presence];
  ann.setLocalStateField("name", "Ann");
  await sees(bob, ann, "Ann");

  relays[0]!.present(
    "s",
    ann.clientID,
    encodeAwarenessUpdate(ann, [ann.clientID]),
    new Uint8Array(),
  );
  const seen: unknown[] = [];
  bob.on("change", () => seen.push(nameSeen(bob, ann)));
  ann.setLocalStateField("name", "Ann again");
  await sees(bob, ann, "Ann again");

  expect(new Set(seen)).toEqual(new Set(["Ann again"]));
});

test("presence crosses from relay to relay", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  const ann = client([urls[0]!, urls[2]!]).space("s").presence;
  const bob = client(urls[1]!).space("s").presence;
  ann.setLocalStateField("name", "Ann");
  bob.setLocalStateField("name", "Bob");
  await sees(bob, ann, "Ann");
  await sees(ann, bob, "Bob");

  await relays[0]!.stop();
  await sees(bob, ann, null);

  await sees(bob, ann, "Ann");
  await sees(ann, bob, "Bob");

  expect(nameSeen(ann, bob)).toBe("Bob");
});

test("a state that is set to null is gone for the others", async () => {
  const { urls } = await cluster();
  const [ann, bob] = [client(urls).space("s").presence, client(urls).space("s").presence];
  ann.setLocalStateField("name", "Ann");
  await sees(bob, ann, "Ann");

  ann.setLocalState(null);

  await sees(bob, ann, null);

  expect(nameSeen(bob, ann)).toBe(undefined);
});

test("it is sent after the edits that were made before it", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  const { presence } = space;
  const doc = await space.doc();
  await space.whenSynced();
  const sentCount = relays[0]!.received.length;

  presence.setLocalStateField("cursor", 0);
  doc.getText().insert(0, "typed");
  presence.setLocalStateField("cursor", 5);
  await space.settled("relay");

  const sent = relays[0]!.received.slice(sentCount).map(({ message }) => message.kind);
  expect(sent.slice(-2)).toEqual(["submit", "presence"]);
});

test("Awareness objects of the application on one space see each other and everybody", async () => {
  const { urls } = await cluster();
  const [near, nearToo, far] = [awarenessOf(), awarenessOf(), awarenessOf()];
  const space = client(urls).space("s");
  const stop = space.share(near);
  space.share(nearToo);
  client(urls).space("s").share(far);
  for (const [name, one] of Object.entries({ near, nearToo, far })) {
    one.setLocalStateField("name", name);
  }

  for (const watcher of [near, nearToo, far]) {
    for (const [name, one] of Object.entries({ near, nearToo, far })) {
      await sees(watcher, one, name);
    }
  }
  stop();
  await sees(nearToo, near, null);
  await sees(far, near, null);
  expect([...near.getStates().keys()]).toEqual([near.clientID]);
});

// A home that has not noticed yet that a client has left it goes on telling its old state, also after the new one.
test("an Awareness that comes later is given the newest state, not the last that was told", async () => {
  const { urls, relays } = await cluster();
  const [other, third] = [awarenessOf(), awarenessOf()];
  third.setLocalStateField("name", "third");
  other.setLocalStateField("name", "old");
  const old = encodeAwarenessUpdate(other, [other.clientID]);
  other.setLocalStateField("name", "new");
  const newer = encodeAwarenessUpdate(other, [other.clientID]);
  const space = client(urls).space("s");
  const { presence } = space;
  await space.whenSynced();

  relays[0]!.present("s", other.clientID, newer);
  await sees(presence, other, "new");
  relays[0]!.present("s", other.clientID, old);
  relays[0]!.present("s", third.clientID, encodeAwarenessUpdate(third, [third.clientID]));
  await sees(presence, third, "third");
  const late = awarenessOf();
  space.share(late);

  expect(nameSeen(late, other)).toBe("new");
});

test("what cannot be read is an event", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  const { presence } = space;
  await space.whenSynced();
  const codes: string[] = [];
  space.on("error", ({ code }) => codes.push(code));

  relays[0]!.present("s", 7, Uint8Array.of(1, 7, 1, 3, 1, 2, 3));
  await until(space, "error", () => codes.length > 0);

  expect(codes).toEqual(["BAD_PAYLOAD"]);
  expect(presence.getStates().size).toBe(1);
});
