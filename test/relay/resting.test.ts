/** A space whose clients are silent: its home rests, and wakes with the next word. */
import { incarnationOf } from "@syncline/clocks";
import type { HomeMessage } from "@syncline/gossip";
import { openMemoryStore } from "@syncline/storage/memory";
import { afterEach, expect, test } from "vitest";
import { settleConfig } from "../../packages/relay/src/config.ts";
import { openDirectory } from "../../packages/relay/src/directory.ts";
import { createDocuments } from "../../packages/relay/src/documents.ts";
import { createLog } from "../../packages/relay/src/log.ts";
import { createPageCache } from "../../packages/relay/src/page-cache.ts";
import type { PeerLinks } from "../../packages/relay/src/peer-links.ts";
import { createSpaceHost, type SpaceHost } from "../../packages/relay/src/space-host.ts";
import type { SpaceLink } from "../../packages/relay/src/space-port.ts";
import { createValueChains } from "../../packages/relay/src/value-chains.ts";
import { untilTrue } from "./wire-client.ts";

let host: SpaceHost;
let nowMs: number;
afterEach(() => host.close());

/** The host of a relay alone, on a clock that the test moves. */
const startHost = async (): Promise<void> => {
  nowMs = 0;
  const directory = await openDirectory(openMemoryStore(), false);
  const config = settleConfig({ listen: "127.0.0.1:0", data: "none" });
  const noLinks = { reachOf: () => "unreachable", isCongested: () => false };
  host = createSpaceHost(
    {
      config,
      directory,
      documents: createDocuments({ worker: null }),
      chains: createValueChains(),
      pages: createPageCache(() => nowMs),
      log: createLog("silent", "a"),
      ready: async () => {},
      now: () => nowMs,
      homesOf: () => ["a"],
      homeConfigOf: () => ({
        home: "a",
        incarnation: directory.incarnation,
        others: [],
        writeQuorum: 1,
        readQuorum: 1,
      }),
    },
    {
      links: () => noLinks as unknown as PeerLinks,
      rolledBack: () => {},
      failed: (error) => {
        throw error;
      },
      closedSpace: () => {},
    },
  );
};

interface Visitor {
  readonly link: SpaceLink;
  readonly heard: HomeMessage[];
  readonly write: (number: number) => void;
  isClosed: boolean;
}

/** An edge that has joined the space and heard all. */
const visit = async (name: string): Promise<Visitor> => {
  const heard: HomeMessage[] = [];
  const link = host.attach("room", {
    message: (message) => heard.push(message),
    closed: () => {
      visitor.isClosed = true;
    },
  });
  const edge = incarnationOf(new TextEncoder().encode(name.padEnd(8)));
  const batch = { document: "notes", type: "yjs", payload: Uint8Array.of(0, 0) };
  const write = (firstNumber: number): void =>
    link.send({ kind: "submit", firstNumber, batches: [batch] });
  const visitor: Visitor = { link, heard, write, isClosed: false };
  link.send({ kind: "join", edge, vector: new Map() });
  await untilTrue(() => heard.some(({ kind }) => kind === "welcome"));
  return visitor;
};

const untilAtRest = async (): Promise<void> => {
  nowMs += 60_000;
  await untilTrue(() => host.restingCount === 1);
};

const updateCountOf = ({ heard }: Visitor): number =>
  heard.reduce((sum, said) => sum + (said.kind === "update" ? said.entries.length : 0), 0);

test("a batch that wakes a home reaches the others, once", async () => {
  await startHost();
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
  await startHost();
  const author = await visit("author");
  author.write(1);
  await untilTrue(() => updateCountOf(author) === 1);
  await untilAtRest();

  const newcomer = await visit("newcomer");

  await untilTrue(() => newcomer.heard.some(({ kind }) => kind === "group"));
  expect(newcomer.heard).toContainEqual(expect.objectContaining({ kind: "group", isLast: true }));
});

test("nothing is held of a space whose last edge leaves while its home rests", async () => {
  await startHost();
  const visitor = await visit("visitor");
  await untilAtRest();

  visitor.link.close();

  expect(host.spaceCount).toBe(0);
});

test("edges of a home that rests are told when the relay ends", async () => {
  await startHost();
  const visitor = await visit("visitor");
  await untilAtRest();

  host.stop();

  expect(visitor.isClosed).toBe(true);
  expect(host.spaceCount).toBe(0);
});
