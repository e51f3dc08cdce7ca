/** A client that speaks the native wire by hand. */
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type EdgeMessage,
  greetFrame,
  type LinkItem,
  type SpaceWriter,
  SUBPROTOCOL,
  WIRE_VERSION,
} from "@syncline/gossip";
import { WebSocket } from "ws";
import * as Y from "yjs";

/** An open connection. */
interface WireClient {
  readonly items: readonly LinkItem[];
  /** The code that the connection was closed with, or null. */
  readonly closeCode: number | null;
  say(space: string, message: EdgeMessage): void;
  /** Sends bytes as they are. */
  send(frame: Uint8Array): void;
  close(): void;
}

/** Connects and greets. */
const openWireClient = async (url: string): Promise<WireClient> => {
  const socket = new WebSocket(url, SUBPROTOCOL);
  const reader = createLinkReader(1_000_000);
  const writer = createLinkWriter();
  const writers = new Map<string, SpaceWriter>();
  const items: LinkItem[] = [];
  let closeCode: number | null = null;
  socket.on("message", (data: Buffer) => {
    items.push(...(reader.read(new Uint8Array(data)) ?? []));
  });
  socket.on("close", (code) => {
    closeCode = code;
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const greeting = { version: WIRE_VERSION, home: "", incarnation: null, token: "" } as const;
  socket.send(greetFrame({ role: "edge", ...greeting }));
  return {
    items,
    get closeCode() {
      return closeCode;
    },
    say: (space, message) => {
      const known = writers.get(space) ?? createSpaceWriter(space, writers.size + 1);
      writers.set(space, known);
      socket.send(writer.message(known, message));
    },
    send: (frame) => socket.send(frame),
    close: () => socket.close(),
  };
};

/** Joins as an edge and submits one batch to each space; resolves when all are on the relay's disk. */
export const fillSpaces = async (url: string, spaces: readonly string[]): Promise<void> => {
  for (let index = 0; index < spaces.length; index += 500) {
    const client = await openWireClient(url);
    const some = spaces.slice(index, index + 500);
    const edge = `00000000000${(index / 500 + 1).toString(16).padStart(5, "e")}`;
    for (const space of some) client.say(space, { kind: "join", edge, vector: new Map() });
    await untilTrue(() => countOf(client, "welcome") === some.length);
    const batch = { document: "d", type: "yjs", payload: letter() };
    for (const space of some) {
      client.say(space, { kind: "submit", firstNumber: 1, batches: [batch] });
    }
    await untilTrue(() => countOf(client, "admitted") + countOf(client, "update") >= some.length);
    client.close();
  }
};

/** A small update. */
const letter = (): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("body").insert(0, "x");
  return Y.encodeStateAsUpdate(doc);
};

const countOf = ({ items }: WireClient, kind: string): number =>
  items.filter((item) => item.kind === "space" && item.message.kind === kind).length;

/** Resolves when the claim holds; rejects after `patienceMs`. */
export const untilTrue = async (
  holds: () => boolean | Promise<boolean>,
  patienceMs = 15_000,
): Promise<void> => {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not in time: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
