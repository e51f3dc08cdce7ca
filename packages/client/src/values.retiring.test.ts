/** Replicas that are gone are folded into one entry, while everybody goes on: nothing is counted twice, and nothing is lost. */
import { pnCounter } from "@syncline/crdt";
import { expect, test } from "vitest";
import { client, cluster, statusWhere } from "../../../test/client/world.ts";
import type { Space } from "./space.ts";

const errorsOf = (space: Space): string[] => {
  const codes: string[] = [];
  space.on("error", ({ code }) => codes.push(code));
  return codes;
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

test("tabs that are gone become one entry, and the count stays", async () => {
  const { urls } = await cluster();
  const ids = await countInTabs(urls, 20);
  const space = client(urls).space("s");
  const likes = await space.value("likes", pnCounter);
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
  const likes = await space.value("likes", pnCounter);
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

  away.connect();
  await away.settled("all");
  theirs.increment();
  await away.settled("all");

  expect(theirs.value).toBe(7);
  expect(theirs.replica).not.toBe(id);
  expect(errors).toEqual(["RETIRED"]);
  await statusWhere(here, () => likes.value === 7);
  expect(pnCounter.encode(likes.state)).toEqual(pnCounter.encode(theirs.state));
});
