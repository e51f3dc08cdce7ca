/** Relays that share many more spaces than a client may have open, or than are compared at a time. */
import { afterEach, expect, test } from "vitest";
import { createRelayCluster, type RelayCluster } from "./cluster.ts";
import { fillSpaces, untilTrue } from "./wire-client.ts";

let cluster: RelayCluster;
afterEach(() => cluster.close());

/** Whether a home has any of a space's logs on its disk. */
const has = async (id: string, space: string): Promise<boolean> => {
  const url = cluster.urlOf(id).replace("ws:", "http:");
  const answer = await fetch(`${url}/status?space=${space}`);
  const status = (await answer.json()) as { space: { logs: unknown[] } | null };
  return (status.space?.logs.length ?? 0) > 0;
};

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `space-${n}`);

test("a link carries more spaces than a client's connection may", async () => {
  cluster = await createRelayCluster(["a", "b"]);
  await Promise.all([cluster.start("a"), cluster.start("b")]);
  const spaces = names(1200);

  await fillSpaces(cluster.urlOf("a"), spaces);

  await untilTrue(() => has("b", "space-1199"));
  const found = await Promise.all(spaces.map((space) => has("b", space)));
  expect(found).toEqual(spaces.map(() => true));
}, 60_000);

test("a home that comes back gets every space, also while a third one stays away", async () => {
  cluster = await createRelayCluster(["a", "b", "c"]);
  await cluster.start("a");
  const spaces = names(200);
  await fillSpaces(cluster.urlOf("a"), spaces);
  await cluster.stop("a");

  await Promise.all([cluster.start("a"), cluster.start("b")]);

  await untilTrue(async () => {
    const found = await Promise.all(spaces.map((space) => has("b", space)));
    return found.every(Boolean);
  });
  expect(await has("b", "space-199")).toBe(true);
}, 60_000);
