/** A small world for one space: homes, edges, disks and connections that fail as a seed says, and a judge who looks at every step. */
import type { EdgeLimits, Home, HomeLimits, SpaceMessage } from "@syncline/gossip";
import { type Random, seededRandom } from "@syncline/machine";
import { type Connection, type End, openConnection, type Traffic } from "./connections.ts";
import { createJudge, type Judge } from "./judge.ts";
import { createSimulatedEdge, type SimulatedEdge } from "./simulated-edge.ts";
import { createSimulatedHome, type SimulatedHome } from "./simulated-home.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** How a world is set up. */
export interface WorldSetup {
  readonly seed: number;
  readonly homeCount?: number;
  readonly edgeCount?: number;
  readonly homeLimits?: Partial<HomeLimits>;
  readonly edgeLimits?: Partial<EdgeLimits>;
  /** Whether messages travel as bytes. */
  readonly isCoded?: boolean;
  readonly delayMs?: readonly [from: number, to: number];
  readonly failingCompactions?: number;
  /** Sees every message as it is sent. */
  readonly tap?: (from: string, to: string, message: SpaceMessage) => void;
}

/** The world. Everything that fails does so at once; time moves only with `run`. */
export interface World {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly judge: Judge;
  readonly homes: readonly SimulatedHome[];
  readonly edges: readonly SimulatedEdge[];
  readonly traffic: Traffic;
  /** Whatever was wrong first. */
  failure(): Error | null;
  /** Lets this much time pass; throws what went wrong. */
  run(forMs: number): void;
  /** Runs until there is nothing to wait for, and returns after how long; throws what it waited for if that takes longer than `withinMs`. */
  runUntil(waitsFor: () => string | null, withinMs: number): number;
  home(name: string): SimulatedHome;
  /** Starts a home whose process is down; links follow. */
  startHome(name: string): void;
  /** Cuts the link between two homes until it is healed. */
  cutLink(one: string, other: string): void;
  healLink(one: string, other: string): void;
  /** From now on the edge connects to this home, or to none. */
  point(edge: SimulatedEdge, home: string | null): void;
  /** Milliseconds that are added to every message between these homes. */
  slowLink(one: string, other: string, byMs: number): void;
  /** The items on a home's disk, as a sorted list of keys. */
  itemsAt(home: string): readonly string[];
}

const RETRY_MS = 100;
const names = ["a", "b", "c", "d", "e"];

/** A world in which all homes are up, all links are whole and every edge is connected to a home. */
export const createWorld = (setup: WorldSetup): World => {
  const random = seededRandom(setup.seed);
  const time = createVirtualTime();
  const judge = createJudge();
  const traffic: Traffic = { frameCount: 0, byteCount: 0 };
  const isCoded = setup.isCoded ?? false;
  const homeNames = names.slice(0, setup.homeCount ?? 3);
  const [fastMs, slowMs] = setup.delayMs ?? [1, 20];
  let failure: Error | null = null;
  let connectionCount = 0;
  const cutLinks = new Set<string>();
  const addedMs = new Map<string, number>();

  const failed = (error: Error): void => {
    failure ??= Object.assign(error, { message: `at ${time.nowMs} ms: ${error.message}` });
  };

  const homes = homeNames.map((name) =>
    createSimulatedHome({
      name,
      others: homeNames.filter((other) => other !== name),
      writeQuorum: Math.floor(homeNames.length / 2) + 1,
      limits: setup.homeLimits ?? {},
      isCoded,
      time,
      random: random.fork(`home ${name}`),
      judge,
      failed,
      failingCompactions: setup.failingCompactions ?? 0,
    }),
  );
  const home = (name: string): SimulatedHome => homes.find((one) => one.name === name)!;

  const edges = Array.from({ length: setup.edgeCount ?? 2 }, (_, index) =>
    createSimulatedEdge({
      id: `e${index}`.padEnd(16, "0"),
      name: `e${index}`,
      homeCount: homeNames.length,
      limits: setup.edgeLimits ?? {},
      isCoded,
      time,
      random: random.fork(`edge ${index}`),
      judge,
      failed,
    }),
  );

  const linkKey = (one: string, other: string): string => [one, other].sort().join("-");

  const delayOf = (key: string): (() => number) => {
    const delays = random.fork(`delays ${key} ${connectionCount}`);
    connectionCount += 1;
    return () => delays.integer(fastMs, slowMs + 1) + (addedMs.get(key) ?? 0);
  };

  const homeEnd = (at: SimulatedHome, peer: string, end: 0 | 1, of: () => Connection): End => {
    const { machine } = at;
    return {
      writer: at.writer,
      opened: () => {
        // The process that this connection led to may be gone by now.
        if (at.machine !== machine) return of().cut(end);
        at.connections.set(peer, { connection: of(), end });
        if (homeNames.includes(peer)) at.runtime()?.submitted({ kind: "connected", home: peer });
      },
      received: (message) => at.runtime()?.received(peer, message),
      closed: () => {
        if (at.connections.get(peer)?.connection !== of()) return;
        at.connections.delete(peer);
        at.congested.delete(peer);
        at.runtime()?.submitted({ kind: "disconnected", peer });
      },
    };
  };

  const links = new Map<string, Connection>();
  const tryLink = (one: SimulatedHome, other: SimulatedHome): void => {
    const key = linkKey(one.name, other.name);
    const isReachable = !cutLinks.has(key) && one.machine !== null && other.machine !== null;
    if (!isReachable) {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        if (from.connections.has(to.name)) continue;
        from.runtime()?.submitted({ kind: "unreachable", home: to.name });
      }
      return;
    }
    const isStillKnown = one.connections.has(other.name) || other.connections.has(one.name);
    if (links.get(key)?.isAlive === true || isStillKnown) return;
    const connection: Connection = openConnection(
      time,
      random,
      delayOf(key),
      [
        homeEnd(one, other.name, 0, () => connection),
        homeEnd(other, one.name, 1, () => connection),
      ],
      traffic,
    );
    links.set(key, tapped(connection, one.name, other.name));
  };

  const tapped = (connection: Connection, zero: string, one: string): Connection => {
    const { send } = connection;
    if (setup.tap === undefined) return connection;
    return Object.assign(connection, {
      send: (fromEnd: 0 | 1, message: SpaceMessage) => {
        setup.tap?.(fromEnd === 0 ? zero : one, fromEnd === 0 ? one : zero, message);
        send(fromEnd, message);
      },
    });
  };

  const tryEdge = (edge: SimulatedEdge): void => {
    const { target } = edge;
    if (edge.session !== null || target === null) return;
    const at = home(target);
    if (at.machine === null) return;
    const peer = `edge ${edge.name} ${connectionCount}`;
    const ends = [
      {
        writer: edge.writer,
        opened: () => edge.runtime().submitted({ kind: "connected" }),
        received: (message: SpaceMessage) => edge.runtime().received("home", message),
        closed: () => {
          if (edge.session?.connection !== connection) return;
          edge.session = null;
          edge.runtime().submitted({ kind: "disconnected" });
        },
      },
      homeEnd(at, peer, 1, () => connection),
    ] as const;
    const connection: Connection = openConnection(time, random, delayOf(peer), ends, traffic);
    edge.session = { home: target, peer, connection: tapped(connection, edge.name, target) };
  };

  const retry = (): void => {
    for (const [index, one] of homes.entries()) {
      for (const other of homes.slice(index + 1)) tryLink(one, other);
    }
    for (const edge of edges) tryEdge(edge);
    time.after(RETRY_MS, retry);
  };

  const hangUp = (edge: SimulatedEdge): void => {
    const { session } = edge;
    if (session === null) return;
    edge.session = null;
    session.connection.cut(0);
    edge.runtime().submitted({ kind: "disconnected" });
  };

  /** What a home counts as being on another's disk must be there, as long as the two are connected. */
  const checkBeliefs = (one: SimulatedHome, { state }: Home): void => {
    for (const peer of state.peers.values()) {
      const other = home(peer.home);
      const isCurrent = one.connections.get(peer.home)?.connection.isAlive === true && peer.isHeard;
      if (!isCurrent || other.incarnation !== peer.incarnation) continue;
      judge.checkDurable(other.view, peer.vector);
    }
  };

  const step = (untilMs: number): void => {
    time.runUntil(untilMs);
    for (const one of homes) {
      if (one.machine === null) continue;
      try {
        judge.checkDurable(one.view, one.machine.state.durable);
        checkBeliefs(one, one.machine);
      } catch (error) {
        failed(error as Error);
      }
    }
    if (failure !== null) throw failure;
  };

  const run = (forMs: number): void => {
    const endMs = time.nowMs + forMs;
    while (time.nowMs < endMs) step(Math.min(endMs, time.nowMs + 5));
  };

  for (const one of homes) one.start();
  edges.forEach((edge, index) => {
    edge.target = homeNames[index % homeNames.length]!;
  });
  retry();

  return {
    time,
    random,
    judge,
    homes,
    edges,
    traffic,
    failure: () => failure,
    run,
    runUntil: (waitsFor, withinMs) => {
      const beginMs = time.nowMs;
      for (let why = waitsFor(); why !== null; why = waitsFor()) {
        if (time.nowMs - beginMs >= withinMs) throw new Error(`still after ${withinMs} ms: ${why}`);
        run(10);
      }
      return time.nowMs - beginMs;
    },
    home,
    startHome: (name) => {
      if (home(name).machine === null) home(name).start();
    },
    cutLink: (one, other) => {
      cutLinks.add(linkKey(one, other));
      links.get(linkKey(one, other))?.cut(null);
    },
    healLink: (one, other) => {
      cutLinks.delete(linkKey(one, other));
      addedMs.delete(linkKey(one, other));
    },
    point: (edge, to) => {
      edge.target = to;
      if (edge.session?.home !== to) hangUp(edge);
    },
    slowLink: (one, other, byMs) => {
      addedMs.set(linkKey(one, other), byMs);
    },
    itemsAt: (name) => [...home(name).view.items.items.keys()].sort(),
  };
};
