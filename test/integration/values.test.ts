/** Values and Yjs documents of one space, changed by several clients at three relay processes that are killed and started again. */
import {
  awSet,
  boundedCounter,
  type Crdt,
  list,
  lwwMap,
  mvRegister,
  orMap,
  pnCounter,
  record,
  rwSet,
} from "@syncline/crdt";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@syncline/machine";
import { type Client, connect, type Space, type SpaceValue } from "syncline";
import { fileReplicas } from "syncline/node";
import { afterEach, expect, test } from "vitest";
import type { Doc } from "yjs";
import { type Cluster, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster | null = null;
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await cluster?.close();
});

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
const post = record({ tags: awSet, likes: pnCounter, author: mvRegister });

/** A space with a handle on everything in it. */
const openAll = async (urls: readonly string[], name = "values/test") => {
  const client = connect(urls, { baseMs: 20, capMs: 200 });
  clients.push(client);
  const space = client.space(name);
  return {
    space,
    notes: await space.doc("notes"),
    likes: await space.value("likes", pnCounter),
    tags: await space.value("tags", awSet),
    blocked: await space.value("blocked", rwSet),
    settings: await space.value("settings", lwwMap),
    tasks: await space.value("tasks", list),
    seats: await space.value("seats", boundedCounter),
    posts: await space.value("posts", orMap(post)),
  };
};

type Opened = Awaited<ReturnType<typeof openAll>>;

const changeSomething = (
  { space, notes, likes, tags, blocked, settings, tasks, seats, posts }: Opened,
  random: ReturnType<typeof seededRandom>,
): void => {
  const word = random.pick(["a", "b", "c", "d", "e", "f"]);
  switch (random.integer(0, 9)) {
    case 0:
      return notes.getText("body").insert(0, word);
    case 1:
      return random.chance(0.3) ? likes.decrement() : likes.increment(random.integer(1, 5));
    case 2:
      return random.chance(0.3) ? tags.remove(word) : tags.add(word);
    case 3:
      return random.chance(0.3) ? blocked.remove(word) : blocked.add(word);
    case 4:
      return settings.set(word, random.integer(0, 1000), space.now());
    case 5:
      return random.chance(0.3) ? tasks.delete(0) : tasks.insert(random.integer(0, 4), word);
    case 6:
      return seats.increment();
    case 7:
      return random.chance(0.2)
        ? posts.remove(word)
        : posts.update(word, ["update", "likes", ["increment"]]);
    default:
      return space.transact(() => {
        posts.update(word, ["update", "tags", ["add", word]]);
        likes.increment();
        notes.getMap("by").set(word, random.integer(0, 9));
      });
  }
};

/** Everything that a client sees, and the states behind it byte for byte. */
const pictureOf = ({ notes, ...values }: Opened): string => {
  const { space: _, ...handles } = values;
  const types: Record<keyof typeof handles, unknown> = {
    likes: pnCounter,
    tags: awSet,
    blocked: rwSet,
    settings: lwwMap,
    tasks: list,
    seats: boundedCounter,
    posts: orMap(post),
  };
  const states = Object.entries(handles).map(([name, handle]) => {
    const type = types[name as keyof typeof handles] as Crdt<unknown, unknown, object>;
    return Buffer.from(type.encode(handle.state)).toString("hex");
  });
  const by = notes.getMap("by");
  const entries = [...by.keys()].toSorted().map((key) => [key, by.get(key)]);
  return JSON.stringify([textOf(notes), entries, ...states]);
};

const textOf = (doc: Doc): string => doc.getText("body").toJSON();

const areEqual = (all: readonly Opened[]): boolean => new Set(all.map(pictureOf)).size === 1;

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

test(`values and documents converge with a relay killed, and come back after all relays restart: seed ${seed}`, async () => {
  const random = seededRandom(seed);
  // Every relay compacts as soon as there is a little.
  cluster = await startCluster(3);
  const { relays } = cluster;
  const all = await Promise.all(relays.map((_, index) => openAll(cluster!.urlsFrom(index))));
  const victim = random.pick(relays);

  for (let round = 0; round < 60; round += 1) {
    if (round === 20) await victim.kill();
    if (round === 40) await victim.start();
    for (const one of all) for (let count = 0; count < 8; count += 1) changeSomething(one, random);
    await pause(random.integer(0, 20));
  }
  await Promise.all(all.map(({ space }) => space.settled("all", { timeoutMs: 60_000 })));
  await until(() => areEqual(all), { describe: () => all.map(pictureOf).join("\n") });
  const picture = pictureOf(all[0]!);
  const seen = all[0]!;
  expect(seen.likes.value).toBeGreaterThan(0);

  for (const client of clients.splice(0)) client.close();
  await Promise.all(relays.map((relay) => relay.kill()));
  await Promise.all(relays.map((relay) => relay.start()));
  for (const relay of relays) {
    const late = await openAll([relay.url]);
    await until(() => late.space.status.isQuorumRead && late.space.status.synced, {
      describe: () => JSON.stringify(late.space.status),
    });
    expect(pictureOf(late)).toBe(picture);
  }
}, 120_000);

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const openAt = (url: string): Space => {
  const client = connect(url, { baseMs: 20, capMs: 200 });
  clients.push(client);
  return client.space("values/other");
};

test("a value that another client made as something else is refused by the relay, and told", async () => {
  cluster = await startCluster(3);
  const first = openAt(cluster.relays[0]!.url);
  const second = openAt(cluster.relays[1]!.url);
  second.disconnect();
  (await first.value("likes", pnCounter)).increment();
  (await first.doc("notes")).getText("body").insert(0, "x");
  await first.settled("all");

  const likes = await second.value("likes", awSet);
  likes.add("x");
  second.connect();
  expect(await codeOf(second.settled("quorum"))).toBe("TYPE_MISMATCH");
  await second.whenSynced();
  expect(await codeOf(second.value("notes", pnCounter))).toBe("TYPE_MISMATCH");
  expect((await first.value("likes", pnCounter)).value).toBe(1);
}, 60_000);

/** Not a type of the registry: a relay has never heard of it. */
const unheardOf = { ...pnCounter, name: "unheard-of" };

test("a type that the relay does not know, and what is no batch of its type, are refused", async () => {
  cluster = await startCluster(1);
  const space = openAt(cluster.relays[0]!.url);
  const other = openAt(cluster.relays[0]!.url);
  const fine = await space.value("fine", pnCounter);
  (await space.value("new", unheardOf)).increment();
  expect(await codeOf(space.settled("quorum"))).toBe("UNKNOWN_TYPE");

  const broken = { ...pnCounter, encode: () => Uint8Array.of(255, 255, 1) };
  (await other.value("broken", broken)).increment();
  expect(await codeOf(other.settled("quorum"))).toBe("BAD_PAYLOAD");

  fine.increment();
  const reader = openAt(cluster.relays[0]!.url);
  const shown = await reader.value("fine", pnCounter);
  await until(() => shown.value === 1);
  expect([...reader.valueTypes.keys()]).toEqual(["fine"]);
}, 60_000);

test("a value that relays have compacted is what clients have, to the byte", async () => {
  cluster = await startCluster(3);
  const [author, other] = [openAt(cluster.relays[0]!.url), openAt(cluster.relays[1]!.url)];
  const [tags, theirs] = [await author.value("tags", awSet), await other.value("tags", awSet)];
  for (let index = 0; index < 1200; index += 1) {
    const set = index % 2 === 0 ? tags : theirs;
    set.add(index % 50);
    if (index % 7 === 0) set.remove((index * 3) % 50);
    if (index % 2 === 1) await pause(7);
  }
  await Promise.all([author.settled("all"), other.settled("all")]);
  await until(() => Buffer.from(awSet.encode(tags.state)).equals(awSet.encode(theirs.state)));

  for (const { url } of cluster.relays) {
    const space = openAt(url);
    await space.whenSynced();
    const read = await space.value("tags", awSet);
    expect(Buffer.from(awSet.encode(read.state)).equals(awSet.encode(tags.state))).toBe(true);
    space.close();
  }
}, 120_000);

test("a device that was copied is found out by the relay, and what both did counts", async () => {
  cluster = await startCluster(3);
  const { relays, directory } = cluster;
  const profile = join(directory, "profile");
  const open = async (name: string, url: string) => {
    const client = connect(url, { baseMs: 20, capMs: 200, replicas: fileReplicas(name) });
    clients.push(client);
    const space = client.space("values/copied");
    const errors: string[] = [];
    space.on("error", ({ code }) => errors.push(code));
    return { space, errors, likes: await space.value("likes", pnCounter) };
  };
  const first = await open(profile, relays[0]!.url);
  first.likes.increment(10);
  await first.space.settled("all");
  clients.pop()?.close();
  cpSync(profile, join(directory, "copy"), { recursive: true });

  const original = await open(profile, relays[0]!.url);
  const copy = await open(join(directory, "copy"), relays[1]!.url);
  await Promise.all([original.space.whenSynced(), copy.space.whenSynced()]);
  expect([original.likes.replica, copy.likes.replica]).toEqual(Array(2).fill(first.likes.replica));
  copy.space.disconnect();
  original.likes.increment();
  await original.space.settled("all");
  copy.likes.increment();
  copy.space.connect();
  await copy.space.settled("all");
  await until(() => original.likes.value === 12 && copy.likes.value === 12);

  expect(copy.errors).toContain("CLONED_REPLICA");
  expect(original.errors).toEqual([]);
  expect(copy.likes.replica).not.toBe(first.likes.replica);
  expect(original.likes.replica).toBe(first.likes.replica);
}, 60_000);

/** A large transaction is read by the relay's worker, and what is sent after it waits. */
test("a large batch of a value is judged at the side, and the order stays", async () => {
  cluster = await startCluster(1);
  const space = openAt(cluster.relays[0]!.url);
  const reader = openAt(cluster.relays[0]!.url);
  const [tags, likes] = [await space.value("tags", awSet), await space.value("likes", pnCounter)];
  const [shown, counted]: [
    { readonly value: ReadonlySet<unknown> },
    SpaceValue<unknown, unknown, object>,
  ] = [await reader.value("tags", awSet), await reader.value("likes", pnCounter)];
  const sizes: number[] = [];
  counted.subscribe(() => sizes.push(shown.value.size));
  space.transact(() => {
    for (let index = 0; index < 30_000; index += 1) tags.add(`element ${index}`);
  });
  likes.increment();
  await space.settled("all");
  await until(() => sizes.length > 0);

  expect(sizes).toEqual([30_000]);
}, 60_000);
