/** Relays for the tests of the client: real home machines behind real WebSockets, with rows in memory and links within the process. */
import { incarnationOf } from "@syncline/clocks";
import { mergePayloads } from "@syncline/crdt";
import {
  answerOfRow,
  type Batch,
  createHome,
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  greetFrame,
  heartbeatFrame,
  type HomeLimits,
  type HomeProtocol,
  type LinkItem,
  type LinkWriter,
  rangeOfQuery,
  recordOfRow,
  recoveryRanges,
  type SpaceMessage,
  type SpaceWriter,
  SUBPROTOCOL,
  WIRE_VERSION,
  writeOfRecord,
} from "@syncline/gossip";
import { type ErrorCode, type Runtime, startRuntime } from "@syncline/machine";
import type { Connection } from "@syncline/websocket";
import { listen, type WebSocketServer } from "@syncline/websocket/server";
import * as Y from "yjs";
import { createValueChains } from "../../packages/relay/src/value-chains.ts";
import { valueFencing } from "../../packages/relay/src/value-fencing.ts";

/** What a cluster may be told. */
export interface ClusterOptions {
  readonly homeCount?: number;
  readonly limits?: Partial<HomeLimits>;
  /** The only token that is let in. */
  readonly token?: string;
  /** Why a space is not served, asked at each `join`. */
  readonly refuse?: (space: string) => ErrorCode | null;
  /** Whether batches of a second device under one replica id are refused, as by a relay. */
  readonly refuseClones?: boolean;
  /** How long an end of a socket may be silent, in milliseconds. */
  readonly silenceMs?: number;
}

/** One relay: up or down, with a directory that lasts. */
interface MemoryRelay {
  readonly id: string;
  readonly url: string;
  readonly isUp: boolean;
  /** Messages of edges that came in, by kind. */
  readonly received: readonly { readonly space: string; readonly message: SpaceMessage }[];
  readonly connectionCount: number;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Sends a frame to every client. */
  sendRaw(frame: Uint8Array): void;
  /** Ends every client's connection. */
  dropAll(code?: number): void;
  /** Admits a batch as if an edge had sent it. */
  admit(space: string, batch: Batch): void;
  /** Shows presence as if an edge had, one after the other. */
  present(space: string, key: number, ...states: readonly Uint8Array[]): void;
}

/** Relays that are homes of every space. */
export interface Cluster {
  readonly relays: readonly MemoryRelay[];
  readonly urls: readonly string[];
  close(): Promise<void>;
}

type Row = readonly [key: Uint8Array, value: Uint8Array];
type HomeRuntime = Runtime<HomeProtocol>;

const compareBytes = (left: Uint8Array, right: Uint8Array): number => Buffer.compare(left, right);

/** The rows of one home, as a store would have them. */
class Rows {
  readonly #rowByKey = new Map<string, Row>();

  put(key: Uint8Array, value: Uint8Array | null): void {
    const name = Buffer.from(key).toString("hex");
    if (value === null) this.#rowByKey.delete(name);
    else this.#rowByKey.set(name, [key, value]);
  }

  range(fromKey: Uint8Array, toKey: Uint8Array, bytesMax: number): readonly Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of [...this.#rowByKey.values()].sort(([a], [b]) => compareBytes(a, b))) {
      if (compareBytes(row[0], fromKey) < 0 || compareBytes(row[0], toKey) >= 0) continue;
      rows.push(row);
      bytes += row[1].length;
      if (bytes >= bytesMax) break;
    }
    return rows;
  }
}

const prefix = Uint8Array.of(1);
let incarnationCount = 0;

const newIncarnation = (): string => {
  incarnationCount += 1;
  return incarnationOf(Uint8Array.of(9, 9, 9, 9, 9, 9, incarnationCount >> 8, incarnationCount));
};

class Relay implements MemoryRelay {
  readonly id: string;
  readonly received: { space: string; message: SpaceMessage }[] = [];
  readonly #options: ClusterOptions;
  readonly #all: readonly Relay[];
  readonly #incarnation = newIncarnation();
  readonly #chains = createValueChains();
  readonly #rowsBySpace = new Map<string, Rows>();
  readonly #homes = new Map<string, HomeRuntime>();
  readonly #writers = new Map<string, SpaceWriter>();
  readonly #edges = new Map<string, { connection: Connection; writer: LinkWriter }>();
  #server: WebSocketServer | null = null;
  #port = 0;
  #edgeCount = 0;

  constructor(id: string, all: readonly Relay[], options: ClusterOptions) {
    this.id = id;
    this.#all = all;
    this.#options = options;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get isUp(): boolean {
    return this.#server !== null;
  }

  get connectionCount(): number {
    return this.#edges.size;
  }

  async start(): Promise<void> {
    const { silenceMs } = this.#options;
    this.#server = await listen({
      host: "127.0.0.1",
      port: this.#port,
      protocols: [SUBPROTOCOL],
      heartbeatByProtocol: new Map([[SUBPROTOCOL, { frame: heartbeatFrame, isMutual: true }]]),
      ...(silenceMs === undefined ? {} : { silenceMs, heartbeatMs: silenceMs / 3 }),
      accept: (connection) => this.#accept(connection),
      failed: (error) => {
        throw error;
      },
    });
    this.#port = this.#server.port;
    const others = this.#all.filter((other) => other !== this && other.isUp);
    for (const space of new Set(others.flatMap((other) => [...other.#homes.keys()]))) {
      this.#homeOf(space);
      for (const other of others) {
        other.#homeOf(space).submitted({ kind: "connected", home: this.id });
      }
    }
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const home of this.#homes.values()) home.stop();
    const spaces = [...this.#homes.keys()];
    this.#homes.clear();
    for (const other of this.#all) {
      if (other === this || !other.isUp) continue;
      for (const space of spaces) {
        other.#homes.get(space)?.submitted({ kind: "disconnected", peer: this.id });
      }
    }
    await server?.close();
  }

  sendRaw(frame: Uint8Array): void {
    for (const { connection } of this.#edges.values()) connection.send(frame);
  }

  dropAll(code = 1012): void {
    for (const { connection } of Array.from(this.#edges.values())) {
      connection.close(code, "dropped");
    }
  }

  admit(space: string, batch: Batch): void {
    this.#asEdge(space, [{ kind: "submit", firstNumber: 1, batches: [batch] }]);
  }

  present(space: string, key: number, ...states: readonly Uint8Array[]): void {
    this.#asEdge(
      space,
      states.map((bytes) => ({ kind: "presence", key, bytes })),
    );
  }

  #asEdge(space: string, messages: readonly SpaceMessage[]): void {
    const home = this.#homeOf(space);
    this.#edgeCount += 1;
    const peer = `#${this.#edgeCount}`;
    home.received(peer, { kind: "join", edge: newIncarnation(), vector: new Map() });
    for (const message of messages) home.received(peer, message);
  }

  #accept(connection: Connection): {
    frame(bytes: Uint8Array): void;
    closed(): void;
  } {
    this.#edgeCount += 1;
    const peer = `#${this.#edgeCount}`;
    const reader = createLinkReader(10_000);
    const writer = createLinkWriter();
    const spaces = new Set<string>();
    this.#edges.set(peer, { connection, writer });
    connection.send(
      greetFrame({
        version: WIRE_VERSION,
        role: "home",
        home: this.id,
        incarnation: this.#incarnation,
        token: "",
      }),
    );
    const leave = (space: string): void => {
      if (spaces.delete(space)) {
        this.#homes.get(space)?.submitted({ kind: "disconnected", peer });
      }
    };
    const take = (item: LinkItem): void => {
      if (item.kind === "greet" && (this.#options.token ?? "") !== item.greeting.token) {
        connection.send(writer.error("", "FORBIDDEN", "another token is needed"));
        connection.close(4403, "forbidden");
      }
      if (item.kind === "close" && spaces.has(item.space)) {
        leave(item.space);
        connection.send(writer.close(this.#writerOf(item.space)));
      }
      if (item.kind !== "space") return;
      const refusal = this.#options.refuse?.(item.space) ?? null;
      if (refusal !== null) {
        connection.send(writer.error(item.space, refusal, "not served"));
        return;
      }
      spaces.add(item.space);
      this.received.push({ space: item.space, message: item.message });
      this.#judged(peer, item.space, item.message, (refused) => {
        connection.send(writer.message(this.#writerOf(item.space), refused));
      });
    };
    return {
      frame: (bytes) => {
        const items = reader.read(bytes);
        if (items === null) connection.close(4400, "malformed");
        for (const item of items ?? []) take(item);
      },
      closed: () => {
        for (const space of Array.from(spaces)) leave(space);
        this.#edges.delete(peer);
      },
    };
  }

  /** Passes a message to the home; of batches that are refused only their author hears. */
  #judged(
    peer: string,
    space: string,
    message: SpaceMessage,
    refuse: (refused: Extract<SpaceMessage, { kind: "refused" }>) => void,
  ): void {
    if (message.kind !== "submit" || this.#options.refuseClones !== true) {
      return this.#homeOf(space).received(peer, message);
    }
    message.batches.forEach((batch, index) => {
      const firstNumber = message.firstNumber + index;
      if (this.#chains.isCloned(space, batch)) {
        const reason = "is of a second device";
        return refuse({ kind: "refused", number: firstNumber, code: "CLONED_REPLICA", reason });
      }
      this.#homeOf(space).received(peer, { kind: "submit", firstNumber, batches: [batch] });
    });
  }

  #writerOf(space: string): SpaceWriter {
    const known = this.#writers.get(space);
    if (known !== undefined) return known;
    const writer = createSpaceWriter(space, this.#writers.size + 1);
    this.#writers.set(space, writer);
    return writer;
  }

  #homeOf(space: string): HomeRuntime {
    const known = this.#homes.get(space);
    if (known !== undefined) return known;
    const others = this.#all.filter((other) => other !== this);
    const homeCount = this.#all.length;
    const writeQuorum = Math.floor(homeCount / 2) + 1;
    const machine = createHome(
      {
        home: this.id,
        incarnation: this.#incarnation,
        others: others.map(({ id }) => id),
        writeQuorum,
        readQuorum: homeCount - writeQuorum + 1,
      },
      this.#options.limits,
      valueFencing,
    );
    const rows = this.#rowsBySpace.get(space) ?? new Rows();
    this.#rowsBySpace.set(space, rows);
    const records = recoveryRanges(prefix).flatMap(({ fromKey, toKey }) =>
      rows
        .range(fromKey, toKey, Number.POSITIVE_INFINITY)
        .map(([key, value]) => recordOfRow(prefix, key, value)),
    );
    const home: HomeRuntime = startRuntime<HomeProtocol>(machine, records, {
      now: () => performance.now(),
      append: (appended, done) => {
        for (const record of appended) {
          if (record.kind === "entry") this.#chains.note(space, record.entry.batch);
          const { key, value } = writeOfRecord(prefix, record);
          rows.put(key, value);
        }
        queueMicrotask(() => {
          done(null);
        });
      },
      load: (query, done) => {
        const { fromKey, toKey } = rangeOfQuery(prefix, query);
        const bytesMax = query.kind === "log" ? query.bytesMax : Number.POSITIVE_INFINITY;
        const found = rows.range(fromKey, toKey, bytesMax);
        done(
          null,
          found.map(([key, value]) => answerOfRow(prefix, key, value)),
        );
      },
      send: (to, message) => {
        this.#send(space, to, message);
      },
      deliver: (output) => {
        if (output.kind === "violation") {
          this.#edges.get(output.peer)?.connection.close(4400, output.reason);
        }
        if (output.kind !== "compact") return;
        const { document, type, payloads } = output;
        const { payload, proposal } =
          type === "yjs"
            ? { payload: mergedUpdate(payloads), proposal: null }
            : (mergePayloads(type, payloads) ?? { payload: null, proposal: null });
        home.submitted({ kind: "compacted", document, payload, proposal });
      },
      wake: (atMs) => {
        // A timer may go off a part of a millisecond early, and a machine is not to be woken before its time.
        setTimeout(() => home.woken(), Math.max(0, atMs - performance.now()) + 1).unref();
      },
      failed: (error) => {
        throw error;
      },
    });
    this.#homes.set(space, home);
    for (const other of others) {
      home.submitted({ kind: other.isUp ? "connected" : "unreachable", home: other.id });
    }
    return home;
  }

  #send(space: string, to: string, message: SpaceMessage): void {
    const edge = this.#edges.get(to);
    if (edge !== undefined) {
      edge.connection.send(edge.writer.message(this.#writerOf(space), message));
      return;
    }
    const peer = this.#all.find(({ id }) => id === to);
    if (peer === undefined) return;
    const from = this.#homes.get(space);
    queueMicrotask(() => {
      if (peer.isUp && this.#homes.get(space) === from) {
        peer.#homeOf(space).received(this.id, message);
      }
    });
  }
}

const mergedUpdate = (payloads: readonly Uint8Array[]): Uint8Array => {
  const doc = new Y.Doc();
  for (const payload of payloads) Y.applyUpdate(doc, payload);
  return Y.encodeStateAsUpdate(doc);
};

/** Starts relays, each of them a home of every space. */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const relays: Relay[] = [];
  for (const id of ["a", "b", "c"].slice(0, options.homeCount ?? 1)) {
    relays.push(new Relay(id, relays, options));
  }
  for (const relay of relays) await relay.start();
  return {
    relays,
    get urls() {
      return relays.map(({ url }) => url);
    },
    close: async () => {
      for (const relay of relays) if (relay.isUp) await relay.stop();
    },
  };
};
