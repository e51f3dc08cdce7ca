/** A space whose clients are silent: its home rests, and wakes with the next word. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type MemoryHost,
  startMemoryHost,
  visit as visitHost,
  type Visitor,
} from "./memory-host.ts";
import type { SpaceHost } from "../../packages/relay/src/space-host.ts";
import { untilTrue } from "./wire-client.ts";

let started: MemoryHost;
let host: SpaceHost;
beforeEach(async () => {
  started = await startMemoryHost();
  host = started.host;
});
afterEach(() => host.close());

const visit = (name: string): Promise<Visitor> => visitHost(host, name);

const untilAtRest = async (): Promise<void> => {
  started.nowMs += 60_000;
  await untilTrue(() => host.restingCount === 1);
};

const updateCountOf = ({ heard }: Visitor): number =>
  heard.reduce((sum, said) => sum + (said.kind === "update" ? said.entries.length : 0), 0);

test("a batch that wakes a home reaches the others, once", async () => {
  const [author, reader] = [await visit("author"), await visit("reader")];
  author.write(1);
  await untilTrue(() => updateCountOf(reader) === 1);

  await untilAtRest();
  author.write(2);
  await untilTrue(() => updateCountOf(reader) === 2);
  await untilAtRest();
  reader.write(1);
  await untilTrue(() => updateCountOf(author) === 3);

  expect(updateCountOf(reader)).toBe(3);
  expect(host.spaceCount).toBe(1);
});

test("a newcomer to a home that rests gets everything", async () => {
  const author = await visit("author");
  author.write(1);
  await untilTrue(() => updateCountOf(author) === 1);
  await untilAtRest();

  const newcomer = await visit("newcomer");

  await untilTrue(() => newcomer.heard.some(({ kind }) => kind === "group"));
  expect(newcomer.heard).toContainEqual(expect.objectContaining({ kind: "group", isLast: true }));
});

test("nothing is held of a space whose last edge leaves while its home rests", async () => {
  const visitor = await visit("visitor");
  await untilAtRest();

  visitor.link.close();

  expect(host.spaceCount).toBe(0);
});

test("edges of a home that rests are told when the relay ends", async () => {
  const visitor = await visit("visitor");
  await untilAtRest();

  host.stop();

  expect(visitor.isClosed).toBe(true);
  expect(host.spaceCount).toBe(0);
});
