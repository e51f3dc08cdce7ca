/** Replicas that are gone are folded into one entry, while everybody goes on: nothing is counted twice, and nothing is lost. */
import { awSet, boundedCounter, pnCounter, rightsOf } from "@syncline/crdt";
import { describe, expect, test } from "vitest";
import { client, cluster } from "../../../test/client/world.ts";
import type { Space } from "./space.ts";

const errorsOf = (space: Space): string[] => {
  const codes: string[] = [];
  space.on("error", ({ code }) => codes.push(code));
  return codes;
};

type Counter = Awaited<ReturnType<typeof counterOf>>;

interface Shown<Value> {
  readonly value: Value;
  subscribe(listener: () => void): () => void;
}

/** The counter that all of these tests have. */
const counterOf = (space: Space) => space.value("likes", pnCounter);

/** Resolves once the value is as wanted. */
const become = async <Value>(shown: Shown<Value>, wanted: Value): Promise<void> => {
  if (shown.value === wanted) return;
  await new Promise<void>((resolve) => {
    const stop = shown.subscribe(() => {
      if (shown.value !== wanted) return;
      stop();
      resolve();
    });
  });
};

/** Counts once in each of some tabs that are closed then. */
const countInTabs = async (urls: string | readonly string[], count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const tab = client(urls);
    const likes = await tab.space("s").value("likes", pnCounter);
    likes.increment();
    await tab.space("s").settled("all");
    ids.push(likes.replica);
    tab.close();
  }
  return ids;
};

/** A device that was retired while it was away comes back and counts once more: here and there it is the same then. */
const comeBackRetired = async (
  away: Space,
  theirs: Counter,
  likes: Counter,
  total: number,
): Promise<void> => {
  away.connect();
  await away.settled("all");
  theirs.increment();
  await away.settled("all");

  expect(theirs.value).toBe(total);
  await become(likes, total);
  expect(pnCounter.encode(likes.state)).toEqual(pnCounter.encode(theirs.state));
};

test("tabs that are gone become one entry, and the count stays", async () => {
  const { urls } = await cluster();
  const ids = await countInTabs(urls, 20);
  const space = client(urls).space("s");
  const likes = await counterOf(space);
  await space.whenSynced();
  expect(likes.value).toBe(20);
  expect(new Set(likes.replicas().map(({ replica }) => replica))).toEqual(new Set(ids));

  await likes.retire(ids);

  expect(likes.value).toBe(20);
  expect(likes.replicas()).toEqual([]);
  expect(pnCounter.stats(likes.state).actors).toBe(1);
  likes.increment();
  await space.settled("all");
  const late = client(urls).space("s");
  const shown = await late.value("likes", pnCounter);
  await late.whenSynced();
  expect(shown.value).toBe(21);
  expect(pnCounter.encode(shown.state)).toEqual(pnCounter.encode(likes.state));
});

test("whom somebody retires a second time, or nobody knows, is retired already", async () => {
  const { urls } = await cluster();
  const [id] = await countInTabs(urls, 1);
  const space = client(urls).space("s");
  const likes = await counterOf(space);
  await space.whenSynced();

  await Promise.all([likes.retire(id!), likes.retire(id!)]);
  await likes.retire(id!);
  await likes.retire("00000000000000aa");

  expect(likes.value).toBe(1);
  await expect(likes.retire("ffffffffffffffff")).rejects.toThrow(RangeError);
  await expect(likes.retire("somebody")).rejects.toThrow(RangeError);
});

test("a device that was retired while it was offline brings what it did, and takes a new id", async () => {
  const { urls } = await cluster();
  const [away, here] = [client(urls).space("s"), client(urls).space("s")];
  const [theirs, likes] = [
    await away.value("likes", pnCounter),
    await here.value("likes", pnCounter),
  ];
  theirs.increment(5);
  await away.settled("all");
  await here.whenSynced();
  const id = theirs.replica;
  const errors = errorsOf(away);
  away.disconnect();
  theirs.increment(2);
  theirs.decrement();
  await likes.retire(id);
  expect(likes.value).toBe(5);

  await comeBackRetired(away, theirs, likes, 7);
  expect(theirs.replica).not.toBe(id);
  expect(errors).toEqual(["RETIRED"]);
});

test("a fold waits for a relay that is down, while everybody goes on", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  const [id] = await countInTabs(urls, 1);
  const space = client(urls[1]!).space("s");
  const likes = await counterOf(space);
  await space.whenSynced();
  await relays[2]!.stop();

  let isRetired = false;
  const retiring = likes.retire(id!).then(() => (isRetired = true));
  likes.increment();
  await space.settled("quorum");
  await expect(likes.retire(id!, { timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(isRetired).toBe(false);
  expect(likes.value).toBe(2);
  await relays[2]!.start();
  await retiring;

  for (const url of urls) {
    const late = client(url).space("s");
    const shown = await late.value("likes", pnCounter);
    await late.whenSynced();
    await become(shown, 2);
    expect(shown.replicas().map(({ replica }) => replica)).toEqual([likes.replica]);
  }
});

test.each(["a", "b", "c"])(
  "a fold outlives a restart of %s at any time",
  { timeout: 60_000 },
  async (name) => {
    const { urls, relays } = await cluster({ homeCount: 3 });
    const ids = await countInTabs(urls, 3);
    const victim = relays.find((relay) => relay.id === name)!;
    const space = client(urls).space("s");
    const likes = await counterOf(space);
    await space.whenSynced();

    for (const id of ids) {
      const retiring = likes.retire(id);
      likes.increment();
      await victim.stop();
      likes.increment();
      await victim.start();
      await retiring;
    }
    await space.settled("all");

    expect(likes.value).toBe(9);
    expect(likes.replicas().map(({ replica }) => replica)).toEqual([likes.replica]);
    for (const url of urls) {
      const late = client(url).space("s");
      const shown = await late.value("likes", pnCounter);
      await late.whenSynced();
      expect(pnCounter.encode(shown.state)).toEqual(pnCounter.encode(likes.state));
    }
  },
);

/** Retires as many replicas as it takes for older folds to be forgotten. */
const foldMany = async (urls: readonly string[], count: number): Promise<void> => {
  const space = client(urls).space("s");
  const likes = await counterOf(space);
  await space.whenSynced();
  const profiles = Array.from({ length: count }, (_, index) =>
    (index + 1).toString(16).padStart(16, "0"),
  );
  likes.increment();
  await space.settled("all");
  // Nobody knows these; before it is in step a client asks all the same.
  const early = client(urls).space("s");
  const theirs = await early.value("likes", pnCounter);
  await theirs.retire(profiles);
  await early.settled("all");
};

describe("who was away for longer than folds are remembered", () => {
  test("brings what it did, once, and goes on under its id", async () => {
    const { urls } = await cluster();
    const away = client(urls).space("s");
    const theirs = await away.value("likes", pnCounter);
    const tags = await away.value("tags", awSet);
    theirs.increment(5);
    tags.add("x");
    await away.settled("all");
    const id = theirs.replica;
    const errors = errorsOf(away);
    away.disconnect();
    theirs.increment(2);
    await away.settled("local");
    await foldMany(urls, 100);
    theirs.increment(3);

    away.connect();
    await away.settled("all");

    expect(theirs.value).toBe(11);
    expect(theirs.replica).toBe(id);
    expect(errors).toEqual([]);
    const late = client(urls).space("s");
    const shown = await late.value("likes", pnCounter);
    await late.whenSynced();
    expect(pnCounter.encode(shown.state)).toEqual(pnCounter.encode(theirs.state));
  });

  test("and was retired itself, brings it under a new id", async () => {
    const { urls } = await cluster();
    const away = client(urls).space("s");
    const theirs = await away.value("likes", pnCounter);
    theirs.increment(5);
    await away.settled("all");
    const id = theirs.replica;
    const errors = errorsOf(away);
    away.disconnect();
    theirs.increment(2);
    await away.settled("local");
    theirs.increment(3);
    const here = client(urls).space("s");
    const likes = await here.value("likes", pnCounter);
    await here.whenSynced();
    await likes.retire(id);
    await foldMany(urls, 100);

    await comeBackRetired(away, theirs, likes, 12);
    expect(theirs.replica).not.toBe(id);
    expect(errors).toEqual(["RETIRED"]);
  });

  test("and only now makes its first change, offline, brings that", async () => {
    const { urls } = await cluster();
    await foldMany(urls, 100);
    const space = client(urls).space("s");
    space.disconnect();
    const likes = await counterOf(space);
    likes.increment(4);
    await space.settled("local");

    space.connect();
    await space.settled("all");

    expect(likes.value).toBe(5);
  });
});

test("rights of a retired replica are locked, and its offline use of them counts", async () => {
  const { urls } = await cluster();
  const [away, here] = [client(urls).space("s"), client(urls).space("s")];
  const [theirs, seats] = [
    await away.value("seats", boundedCounter),
    await here.value("seats", boundedCounter),
  ];
  theirs.increment(10);
  theirs.transfer(seats.replica, 3);
  await away.settled("all");
  await become(seats, 10);
  const id = theirs.replica;
  away.disconnect();
  theirs.decrement(6);
  await seats.retire(id);
  expect(rightsOf(seats.state, seats.replica)).toBe(3);

  away.connect();
  await away.settled("all");

  expect(theirs.value).toBe(4);
  expect(() => theirs.decrement()).toThrow(expect.objectContaining({ code: "NO_RIGHTS" }));
  await become(seats, 4);
  seats.decrement(3);
  await here.settled("all");
  await become(theirs, 1);
});

test("what is asked of a space that is closed is rejected", async () => {
  const space = client("ws://127.0.0.1:1").space("s");
  const likes = await counterOf(space);
  const retiring = likes.retire("00000000000000aa");
  space.close();

  await expect(retiring).rejects.toMatchObject({ code: "CLOSED" });
  await expect(likes.retire("00000000000000aa")).rejects.toMatchObject({ code: "CLOSED" });
});
