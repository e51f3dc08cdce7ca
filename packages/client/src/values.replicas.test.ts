/** Under which id a device changes values: the same after a reload, another for each tab, a new one when its past is lost or is not its own. */
import { awSet, type Crdt, list, pnCounter, record, resettableCounter } from "@syncline/crdt";
import { describe, expect, test } from "vitest";
import { createProfile } from "../../../test/client/profile.ts";
import { client, cluster } from "../../../test/client/world.ts";
import type { Space } from "./space.ts";

const unreachable = "ws://127.0.0.1:1";

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("the id is the same after a reload, and counts on in its entry", async () => {
  const { urls } = await cluster();
  const profile = createProfile();
  const ids = new Set<string>();
  for (let count = 1; count <= 3; count += 1) {
    const page = client(urls, { replicas: profile.replicas });
    const space = page.space("s");
    const likes = await space.value("likes", pnCounter);
    await space.whenSynced();
    likes.increment();
    ids.add(likes.replica);
    await space.settled("all");
    expect(likes.value).toBe(count);
    expect(pnCounter.stats(likes.state).actors).toBe(1);
    page.close();
    await settle();
  }

  expect(ids.size).toBe(1);
});

test("tabs that are open together have ids of their own, and a later one takes up a free one", async () => {
  const profile = createProfile();
  const open = async () => {
    const page = client(unreachable, { replicas: profile.replicas });
    const likes = await page.space("s").value("likes", pnCounter);
    return { page, id: likes.replica };
  };

  const [first, second] = [await open(), await open()];
  second.page.close();
  await settle();
  const third = await open();

  expect(first.id).not.toBe(second.id);
  expect(third.id).toBe(second.id);
});

test("clients without a store have a new id each", async () => {
  const ids = new Set<string>();
  for (let count = 0; count < 3; count += 1) {
    ids.add((await client(unreachable).space("s").value("likes", pnCounter)).replica);
  }

  expect(ids.size).toBe(3);
});

test("before a reloaded page knows what its id has done it writes under another", async () => {
  const { urls, relays } = await cluster();
  const profile = createProfile();
  const first = client(urls, { replicas: profile.replicas });
  const before = await first.space("s").value("likes", pnCounter);
  before.increment(5);
  await first.space("s").settled("all");
  const id = before.replica;
  first.close();
  await relays[0]!.stop();
  await settle();

  const page = client(urls, { replicas: profile.replicas });
  const [likes, visits] = [
    await page.space("s").value("likes", pnCounter),
    await page.space("s").value("visits", pnCounter),
  ];
  likes.increment();
  visits.increment();
  await relays[0]!.start();
  await page.space("s").settled("all");
  await page.space("s").whenSynced();

  expect(likes.value).toBe(6);
  expect(likes.replica).not.toBe(id);
  // Where it has not written before, there is nothing to know.
  expect(visits.replica).toBe(id);
});

test("an id whose last change nobody has is given up", async () => {
  const { urls, relays } = await cluster();
  const profile = createProfile();
  const first = client(urls, { replicas: profile.replicas });
  const before = await first.space("s").value("likes", pnCounter);
  before.increment();
  await first.space("s").settled("all");
  const id = before.replica;
  await relays[0]!.stop();
  before.increment();
  await first.space("s").settled("local");
  first.close();
  await relays[0]!.start();
  await settle();

  const page = client(urls, { replicas: profile.replicas });
  const space = page.space("s");
  const likes = await space.value("likes", pnCounter);
  await space.whenSynced();
  likes.increment();
  await space.settled("all");
  await settle();

  expect(likes.value).toBe(2);
  expect(likes.replica).not.toBe(id);
  expect([...profile.rows.keys()].some((key) => key.includes(id))).toBe(false);
  expect([...profile.rows.keys()].some((key) => key.includes(likes.replica))).toBe(true);
});

test("an id that was put back to an older state is given up", async () => {
  const { urls } = await cluster();
  const profile = createProfile();
  const first = client(urls, { replicas: profile.replicas });
  const before = await first.space("s").value("tags", awSet);
  before.add("a");
  await first.space("s").settled("all");
  const backup = profile.copy();
  before.add("b");
  await first.space("s").settled("all");
  first.close();

  const space = client(urls, { replicas: backup.replicas }).space("s");
  const tags = await space.value("tags", awSet);
  await space.whenSynced();
  tags.add("c");
  await space.settled("all");

  expect(tags.replica).not.toBe(before.replica);
  expect(tags.value).toEqual(new Set(["a", "b", "c"]));
});

test("where nothing more can be kept the id is used for this run, and never again", async () => {
  const { urls } = await cluster();
  const limits = { bytesMax: Number.POSITIVE_INFINITY };
  const profile = createProfile(new Map(), limits);
  const space = client(urls, { replicas: profile.replicas }).space("s");
  const likes = await space.value("likes", pnCounter);
  likes.increment();
  await space.settled("all");
  const id = likes.replica;
  limits.bytesMax = 0;
  likes.increment();
  await space.settled("all");

  expect(likes.value).toBe(2);
  expect(likes.replica).toBe(id);
  expect(profile.rows.size).toBe(0);
});

const errorsOf = (space: Space): string[] => {
  const codes: string[] = [];
  space.on("error", ({ code }) => codes.push(code));
  return codes;
};

/** Opens a value in two copies of a profile that has changed it already, both in step with the relay. */
const openCopies = async <State, Value, M extends object>(
  type: Crdt<State, Value, M>,
  prepare: (value: import("./value.ts").SpaceValue<State, Value, M>, space: Space) => void,
) => {
  const { urls } = await cluster({ refuseClones: true });
  const profile = createProfile();
  const first = client(urls, { replicas: profile.replicas });
  const before = await first.space("s").value("value", type);
  prepare(before, first.space("s"));
  await first.space("s").settled("all");
  first.close();
  await settle();
  const open = async (replicas: typeof profile.replicas) => {
    const space = client(urls, { replicas }).space("s");
    const value = await space.value("value", type);
    await space.whenSynced();
    return { space, value, errors: errorsOf(space) };
  };
  const copy = profile.copy();
  const [left, right] = [await open(profile.replicas), await open(copy.replicas)];
  expect(left.value.replica).toBe(before.replica);
  expect(right.value.replica).toBe(before.replica);
  return { left, right, urls };
};

/** Resolves once the value is as wanted. */
const become = async <Value>(
  value: { readonly value: Value; subscribe(listener: () => void): () => void },
  isWanted: (value: Value) => boolean,
): Promise<void> => {
  if (isWanted(value.value)) return;
  await new Promise<void>((resolve) => {
    const stop = value.subscribe(() => {
      if (!isWanted(value.value)) return;
      stop();
      resolve();
    });
  });
};

const sameState = <State>(
  type: Crdt<State, unknown, object>,
  ...states: readonly State[]
): boolean =>
  new Set(states.map((state) => Buffer.from(type.encode(state)).toString("hex"))).size === 1;

describe("a copied profile", () => {
  test("is refused, takes another id, and what it counted offline counts", async () => {
    const { left, right } = await openCopies(pnCounter, (likes) => likes.increment(10));
    right.space.disconnect();
    left.value.increment(2);
    await left.space.settled("all");
    for (let count = 0; count < 3; count += 1) {
      right.value.increment();
      await right.space.settled("local");
    }
    right.value.decrement(7);
    right.space.connect();
    await become(left.value, (value) => value === 8);
    await right.space.settled("all");

    expect(right.value.value).toBe(8);
    expect(sameState(pnCounter, left.value.state, right.value.state)).toBe(true);
    expect(right.errors).toContain("CLONED_REPLICA");
    expect(left.errors).toEqual([]);
    expect(right.value.replica).not.toBe(left.value.replica);
    expect(right.space.status.error).toBe(null);
  });

  test("that did the very same thing is found out, too", async () => {
    const { left, right } = await openCopies(pnCounter, (likes) => likes.increment(10));
    right.space.disconnect();
    left.value.increment();
    right.value.increment();
    await left.space.settled("all");
    right.space.connect();
    await right.space.settled("all");
    await become(left.value, (value) => value === 12);

    expect(right.value.value).toBe(12);
    expect(sameState(pnCounter, left.value.state, right.value.state)).toBe(true);
  });

  test("at the same moment leaves the changes of both", async () => {
    const { left, right } = await openCopies(awSet, (tags) => tags.add("old"));
    left.value.add("left");
    right.value.add("right");
    right.value.remove("old");
    await Promise.all([left.space.settled("all"), right.space.settled("all")]);
    const wanted = new Set(["left", "right"]);
    await become(left.value, (value) => value.size === 2);
    await become(right.value, (value) => value.size === 2);

    expect(left.value.value).toEqual(wanted);
    expect(right.value.value).toEqual(wanted);
    expect(sameState(awSet, left.value.state, right.value.state)).toBe(true);
    expect([...left.errors, ...right.errors]).toContain("CLONED_REPLICA");
  });

  test("keeps a list, what was removed from it included", async () => {
    const { left, right } = await openCopies(list, (tasks) => tasks.push("a", "b", "c"));
    right.space.disconnect();
    left.value.insert(1, "left");
    left.value.delete(0);
    await left.space.settled("all");
    right.value.insert(3, "right");
    await right.space.settled("local");
    right.value.delete(2);
    right.value.insert(0, "first");
    right.space.connect();
    await right.space.settled("all");
    await become(left.value, (value) => value.length === 4);
    await become(right.value, (value) => value.length === 4);

    expect(left.value.value).toEqual(["first", "left", "b", "right"]);
    expect(sameState(list, left.value.state, right.value.state)).toBe(true);
  });

  test("keeps a record's parts apart", async () => {
    const post = record({ tags: awSet, likes: pnCounter });
    const { left, right } = await openCopies(post, (value) => {
      value.update("likes", ["increment", 5]);
      value.update("tags", ["add", "old"]);
    });
    right.space.disconnect();
    left.value.update("likes", ["increment", 1]);
    left.value.update("tags", ["remove", "old"]);
    await left.space.settled("all");
    right.value.update("likes", ["increment", 2]);
    right.value.update("tags", ["add", "right"]);
    right.space.connect();
    await right.space.settled("all");
    await become(left.value, (value) => value.likes === 8);

    expect(left.value.value).toEqual({ likes: 8, tags: new Set(["right"]) });
    expect(right.value.value).toEqual(left.value.value);
    expect(sameState(post, left.value.state, right.value.state)).toBe(true);
  });

  test("keeps others' resets of what was counted under the id", async () => {
    const { left, right, urls } = await openCopies(resettableCounter, (steps) =>
      steps.increment(9),
    );
    right.space.disconnect();
    const other = client(urls).space("s");
    const steps = await other.value("value", resettableCounter);
    await other.whenSynced();
    steps.reset();
    await other.settled("all");
    left.value.increment(1);
    await left.space.settled("all");
    right.value.increment(3);
    right.space.connect();
    await right.space.settled("all");
    await become(left.value, (value) => value === 4);

    expect(right.value.value).toBe(4);
    expect(sameState(resettableCounter, left.value.state, right.value.state)).toBe(true);
  });
});
