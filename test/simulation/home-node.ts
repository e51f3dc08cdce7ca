/** A home in the world: the shipped machine on a disk of shipped records, with the oracle at every step. */
import {
  createHome,
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type Home,
  type HomeLimits,
  type HomeOutput,
  type HomeProtocol,
  type HomeRecord,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import { type Codec, type Draws, keyedDraws, type Node, type World } from "@syncline/simulator";
import { fencing, mergePayloads } from "./items.ts";
import { createHomeObjects } from "./objects.ts";
import { type DiskView, emptyView, type Oracle } from "./oracle.ts";
import { createRestingHome } from "./resting-home.ts";
import { createHomeRows, type HomeRows, type Seal } from "./rows.ts";

/** How a home is set up, for all of its lives. */
export interface HomeSetup {
  readonly world: World<SpaceMessage>;
  readonly oracle: Oracle;
  readonly seed: number;
  readonly name: string;
  readonly index: number;
  readonly homeNames: readonly string[];
  readonly writeQuorum: number;
  readonly limits: Partial<HomeLimits>;
  /** After how long a silence it rests, if it is alone; null for never. */
  readonly restAfterMs: number | null;
  readonly isCoded: boolean;
  readonly seal: Seal;
  /** From 0 to 1. */
  readonly failingCompactions: number;
  /** The view of any home's directory. */
  readonly viewOf: (home: string) => DiskView | null;
}

/** A home of the world. */
export interface SimulatedHome {
  readonly name: string;
  readonly node: Node<HomeProtocol>;
  readonly view: DiskView;
  /** Null while its process is down. */
  readonly home: Home | null;
  /** Whether its directory was rolled back and it does not know of it yet. */
  isRolledBack: boolean;
  /** Whether the view is of the directory that is there now; after a loss it is so only once a process has begun with what is left. */
  readonly isViewed: boolean;
}

/** What is not said to a reader that does not keep up. */
const whileCongested = new Set([
  "update",
  "group",
  "durable",
  "presence",
  "replicate",
  "fill",
  "stored",
]);

/** How long a home waits for another that dials it, before it counts it as away. */
const PATIENCE_MS = 1500;

/** Sixteen hexadecimal digits for this key. */
export const identityOf = (draws: Draws, first: number, second: number): string => {
  const part = (third: number): string =>
    Math.floor(draws.fraction(first, second, third) * 0x1_0000_0000)
      .toString(16)
      .padStart(8, "0");
  return part(0) + part(1);
};

/** Frames by the real codec, by a process's writer. */
export const frames = (writer: () => SpaceWriter | null): Codec<SpaceMessage> => {
  const link = createLinkWriter();
  const reader = createLinkReader(8);
  return {
    encode: (message) => {
      const of = writer();
      if (of === null) throw new Error("a process without a writer sends");
      return link.message(of, message);
    },
    decode: (frame) => {
      const items = reader.read(frame);
      return items?.flatMap((item) => (item.kind === "space" ? [item.message] : [])) ?? null;
    },
  };
};

/** Adds a home that is down. */
export const addHome = (setup: HomeSetup): SimulatedHome => {
  const { world, oracle, name, index, homeNames, seed } = setup;
  const identities = keyedDraws(seed, "incarnations");
  const chances = keyedDraws(seed, "compactions");
  // The same text each time, not one that only reads the same: it is compared in nearly every step.
  const incarnations: string[] = [];
  const incarnationOf = (directory: number): string =>
    (incarnations[directory] ??= identityOf(identities, index, directory));
  const others = homeNames.filter((other) => other !== name);
  const congested = new Set<string>();
  const view = emptyView(name, index, incarnationOf(1));
  let home: Home | null = null;
  let writer: SpaceWriter | null = null;
  let checkedDurable: unknown = null;
  let compactionCount = 0;

  const compact = (output: Extract<HomeOutput, { kind: "compact" }>): void => {
    compactionCount += 1;
    const delayMs = chances.integer(0, 30, [index, compactionCount, 0]);
    const isFailing = chances.fraction(index, compactionCount, 1) < setup.failingCompactions;
    const { process } = node.life;
    world.schedule.at(world.nowMs + delayMs, () => {
      if (node.life.process !== process) return;
      const { document } = output;
      if (isFailing) return node.submit({ kind: "compacted", document, payload: null });
      node.submit({ kind: "compacted", document, ...mergePayloads(output.payloads) });
    });
  };

  const deliver = (output: HomeOutput): void => {
    switch (output.kind) {
      case "compact":
        return compact(output);
      case "rolled-back":
        return node.renew();
      case "violation":
        if (output.reason === "a pull made no progress") {
          node.connections.get(output.peer)?.connection.cut(null);
          return;
        }
        world.fail(new Error(`${name} calls ${output.peer} a violator: ${output.reason}`));
    }
  };

  /** What this home counts as being on another's disk must be there, as long as the two are connected. */
  const checkBelief = (at: Home, other: string): void => {
    const peer = at.state.peers.get(other);
    const its = setup.viewOf(other);
    if (peer === undefined || its === null || !peer.isHeard) return;
    if (its.incarnation !== peer.incarnation) return;
    if (node.connections.get(other)?.connection.isAlive !== true) return;
    oracle.checkDurable(name, its, peer.vector);
  };

  const machineOf = (directory: number): Home => {
    const { writeQuorum, restAfterMs } = setup;
    const readQuorum = homeNames.length + 1 - writeQuorum;
    const incarnation = incarnationOf(directory);
    const create = (): Home =>
      createHome(
        { home: name, incarnation, others, writeQuorum, readQuorum },
        setup.limits,
        fencing,
      );
    if (others.length > 0 || restAfterMs === null) return create();
    const records = (): readonly HomeRecord[] | null =>
      node.hasDamage ? null : node.keeping.recover();
    return createRestingHome({ afterMs: restAfterMs, create, records });
  };

  const node: Node<HomeProtocol> = world.addNode<HomeProtocol>({
    name,
    keep: () => (setup.isCoded ? createHomeRows(setup.seal) : createHomeObjects()),
    machine: ({ directory, process }) => {
      home = machineOf(directory);
      const channel = identities.integer(0, 300, [index, process, 2]);
      writer = setup.isCoded ? createSpaceWriter("world", channel) : null;
      return home;
    },
    starting: (records, { life, keeping }) => {
      const incarnation = incarnationOf(life.directory);
      if (incarnation !== view.incarnation) simulated.isRolledBack = false;
      view.incarnation = incarnation;
      congested.clear();
      checkedDurable = null;
      const before = view.items.items.length;
      oracle.reread(view, (keeping as HomeRows).contents(), records);
      if (view.items.items.length < before) oracle.noteLostDisk();
      const { process } = life;
      world.schedule.at(world.nowMs + PATIENCE_MS, () => {
        if (node.life.process !== process) return;
        for (const other of others) if (!node.connections.has(other)) node.tellUnreachable(other);
      });
    },
    written: (records) => oracle.written(view, records),
    links: {
      up: (peer) => (homeNames.includes(peer) ? { kind: "connected", home: peer } : null),
      down: (peer) => ({ kind: "disconnected", peer }),
      unreachable: (peer) => ({ kind: "unreachable", home: peer }),
      congested: (peer) => ({ kind: "congested", peer }),
      drained: (peer) => ({ kind: "drained", peer }),
    },
    ...(setup.isCoded ? { codec: () => frames(() => writer) } : {}),
    before: (input) => {
      if (input.kind !== "submitted") return;
      const { request } = input;
      if (request.kind === "drained" || request.kind === "disconnected") {
        congested.delete(request.peer);
      }
    },
    after: (input) => {
      if (home === null) return;
      if (home.state.durable !== checkedDurable) {
        checkedDurable = home.state.durable;
        oracle.checkDurable(name, view, home.state.durable);
      }
      if (input.kind === "submitted" && input.request.kind === "congested") {
        congested.add(input.request.peer);
      }
      if (input.kind === "received" && homeNames.includes(input.from)) {
        checkBelief(home, input.from);
      }
    },
    sending: (to, message) => {
      if (!congested.has(to) || !whileCongested.has(message.kind)) return;
      if (message.kind === "presence" && message.bytes.length === 0) return;
      throw new Error(`a slow reader is sent a message of kind ${message.kind}`);
    },
    deliver,
  });

  const simulated: SimulatedHome = {
    name,
    node,
    view,
    get home() {
      return node.machine === null ? null : home;
    },
    isRolledBack: false,
    get isViewed() {
      return view.incarnation === incarnationOf(node.life.directory);
    },
  };
  return simulated;
};
