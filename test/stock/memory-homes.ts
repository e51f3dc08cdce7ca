/** Homes of one space in memory, and the ways to them, which tests take away and give back. */
import {
  answerOfRow,
  createHome,
  type Home,
  type HomeMessage,
  type HomeProtocol,
  rangeOfQuery,
  type SpaceMessage,
  writeOfRecord,
} from "@syncline/gossip";
import { type Runtime, startRuntime } from "@syncline/machine";
import type { SpacePort } from "../../packages/relay/src/space-port.ts";

export interface MemoryHomes {
  /** The way to the first home of any space; spaces are opened as they are asked for. */
  readonly port: SpacePort;
  /** The first home's machine of a space. */
  home(space: string): Home;
  /** Cuts or restores the links between the first home and the others, in all spaces. */
  setLinked(isLinked: boolean): void;
  /** Ends all sessions with the first home, and refuses new ones until it can be reached again. */
  setReachable(isReachable: boolean): void;
  /** Every entry that edges submitted to the first home. */
  readonly submitted: Uint8Array[];
  /** How many sessions with the first home were opened. */
  readonly openedCount: number;
}

interface Running {
  readonly home: Home;
  readonly runtime: Runtime<HomeProtocol>;
}

type Handlers = Parameters<SpacePort["open"]>[1];

const noPrefix = new Uint8Array();
const compare = (left: Uint8Array, right: Uint8Array): number => Buffer.compare(left, right);

export const createMemoryHomes = (
  options: { readonly homeCount?: number; readonly isLinked?: boolean } = {},
): MemoryHomes => {
  const names = ["a", "b", "c"].slice(0, options.homeCount ?? 1);
  const writeQuorum = Math.floor(names.length / 2) + 1;
  const spaces = new Map<string, Map<string, Running>>();
  const sessions = new Map<string, Handlers>();
  const submitted: Uint8Array[] = [];
  let isLinked = options.isLinked ?? true;
  let isReachable = true;
  let sessionCount = 0;

  const openSpace = (space: string): Map<string, Running> => {
    const known = spaces.get(space);
    if (known !== undefined) return known;
    const homes = new Map<string, Running>();
    spaces.set(space, homes);
    const send = (from: string, to: string, message: SpaceMessage): void => {
      const session = sessions.get(to);
      if (session !== undefined) return session.message(message as HomeMessage);
      setImmediate(() => {
        if (isLinked) homes.get(to)?.runtime.received(from, message);
      });
    };
    for (const name of names) {
      const home = startHome(name, (to, message) => send(name, to, message));
      homes.set(name, home);
    }
    for (const name of names) link(homes, name);
    return homes;
  };

  const startHome = (name: string, send: (to: string, message: SpaceMessage) => void): Running => {
    const home = createHome(
      {
        home: name,
        incarnation: Buffer.from(name.repeat(8)).toString("hex"),
        others: names.filter((other) => other !== name),
        writeQuorum,
        readQuorum: names.length - writeQuorum + 1,
      },
      { readWaitMs: 50 },
    );
    const rows = new Map<string, { key: Uint8Array; value: Uint8Array }>();
    const runtime = startRuntime<HomeProtocol>(home, [], {
      now: () => performance.now(),
      append: (records, done) => {
        for (const record of records) {
          const { key, value } = writeOfRecord(noPrefix, record);
          const text = Buffer.from(key).toString("hex");
          if (value === null) rows.delete(text);
          else rows.set(text, { key, value });
        }
        setImmediate(() => done(null));
      },
      load: (query, done) => {
        const { fromKey, toKey } = rangeOfQuery(noPrefix, query);
        const found = [...rows.values()]
          .filter(({ key }) => compare(key, fromKey) >= 0 && compare(key, toKey) < 0)
          .toSorted((left, right) => compare(left.key, right.key));
        setImmediate(() =>
          done(
            null,
            found.map(({ key, value }) => answerOfRow(noPrefix, key, value)),
          ),
        );
      },
      send,
      deliver: () => {},
      wake: (atMs) => {
        setTimeout(() => runtime.woken(), Math.max(0, atMs - performance.now()) + 1).unref();
      },
      failed: (error) => {
        throw error;
      },
    });
    return { home, runtime };
  };

  const link = (homes: Map<string, Running>, name: string): void => {
    for (const other of names) {
      if (other === name) continue;
      const kind = isLinked ? "connected" : "unreachable";
      homes.get(name)?.runtime.submitted({ kind, home: other });
    }
  };

  return {
    submitted,
    get openedCount() {
      return sessionCount;
    },
    home: (space) => openSpace(space).get("a")!.home,
    setLinked: (isUp) => {
      isLinked = isUp;
      for (const homes of spaces.values()) for (const name of names) link(homes, name);
    },
    setReachable: (isUp) => {
      isReachable = isUp;
      if (isUp) return;
      for (const [peer, handlers] of sessions) {
        sessions.delete(peer);
        for (const homes of spaces.values()) {
          homes.get("a")?.runtime.submitted({ kind: "disconnected", peer });
        }
        handlers.closed();
      }
    },
    port: {
      open: (space, handlers) => {
        sessionCount += 1;
        const peer = `edge:${sessionCount}`;
        const first = openSpace(space).get("a")!.runtime;
        if (isReachable) sessions.set(peer, handlers);
        else setImmediate(() => handlers.closed());
        return {
          send: (message) => {
            if (!sessions.has(peer)) return;
            if (message.kind === "submit") {
              submitted.push(...message.batches.map(({ payload }) => payload));
            }
            first.received(peer, message);
          },
          congested: () => first.submitted({ kind: "congested", peer }),
          drained: () => first.submitted({ kind: "drained", peer }),
          close: () => {
            if (sessions.delete(peer)) first.submitted({ kind: "disconnected", peer });
          },
        };
      },
    },
  };
};
