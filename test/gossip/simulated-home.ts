/** A home with its process, disk and links, all of which may fail. */
import {
  createHome,
  type Home,
  type HomeLimits,
  type HomeOutput,
  type HomeProtocol,
  type HomeRow,
  createSpaceWriter,
  type SpaceMessage,
  type SpaceWriter,
} from "@syncline/gossip";
import { type Random, type Runtime, startRuntime } from "@syncline/machine";
import type { Connection } from "./connections.ts";
import { mergePayloads } from "./grow-only-set.ts";
import { describeRecord } from "./traces.ts";
import type { DiskView, Judge } from "./judge.ts";
import { createSimulatedDisk, type Rows, type SimulatedDisk } from "./simulated-disk.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How a home is set up, for all of its lives. */
export interface HomeSetup {
  readonly name: string;
  readonly others: readonly string[];
  readonly writeQuorum: number;
  readonly limits: Partial<HomeLimits>;
  readonly isCoded: boolean;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly judge: Judge;
  /** A bug, or a promise that was broken. */
  failed(error: Error): void;
  /** Whether a compaction may fail, for tests of that. */
  readonly failingCompactions: number;
}

/** A home of the world. */
export interface SimulatedHome {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly view: DiskView;
  /** Null while its process is down. */
  readonly machine: Home | null;
  readonly incarnation: string;
  readonly writer: SpaceWriter | null;
  /** Its connections, by the peer's name. */
  readonly connections: Map<string, { readonly connection: Connection; readonly end: 0 | 1 }>;
  /** Peers that it was told to be congested. */
  readonly congested: Set<string>;
  readonly outputs: HomeOutput[];
  /** Hears what happens to the process. */
  note: (line: string) => void;
  runtime(): Runtime<HomeProtocol> | null;
  start(): void;
  /** Loses power after this many more effects; at once with 0. */
  crash(afterEffects: number): void;
  /** The directory is empty from the next start on. The process must be down. */
  wipe(): void;
  /** A copy of the directory. */
  copy(): Rows;
  /** The directory is this older copy from the next start on. The process must be down. */
  setBack(copy: Rows, incarnation: string): void;
  congest(peer: string, isCongested: boolean): void;
}

const whileCongested = new Set([
  "update",
  "group",
  "durable",
  "presence",
  "replicate",
  "fill",
  "stored",
]);

/** A home that is down. */
export const createSimulatedHome = (setup: HomeSetup): SimulatedHome => {
  const { name, time, random, judge } = setup;
  let incarnation = hexOf(random.bytes(8));
  let machine: Home | null = null;
  let runtime: Runtime<HomeProtocol> | null = null;
  let writer: SpaceWriter | null = null;
  let effectsLeft = Number.POSITIVE_INFINITY;
  let life = 0;
  const connections: SimulatedHome["connections"] = new Map();
  const congested = new Set<string>();
  const outputs: HomeOutput[] = [];
  const view = judge.view(name);

  const newDisk = (rows: Rows): SimulatedDisk =>
    createSimulatedDisk(time, random.fork(`disk ${life}`), rows, (records) => {
      home.note(`writes ${records.map(describeRecord).join(" ")}`);
      guarded(() => judge.written(view, incarnation, records));
    });
  let disk!: SimulatedDisk;

  const guarded = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      setup.failed(error as Error);
    }
  };

  /** Carries an effect out, unless the power fails just before it. */
  const effect = (run: () => void): void => {
    if (machine === null) return;
    if (effectsLeft <= 0) return down();
    effectsLeft -= 1;
    run();
  };

  const down = (): void => {
    home.note("down");
    life += 1;
    runtime?.stop();
    runtime = null;
    machine = null;
    effectsLeft = Number.POSITIVE_INFINITY;
    disk.losePower();
    congested.clear();
    for (const { connection, end } of connections.values()) connection.cut(end);
    connections.clear();
  };

  const send = (to: string, message: SpaceMessage): void => {
    const isGone = message.kind === "presence" && message.bytes.length === 0;
    if (congested.has(to) && whileCongested.has(message.kind) && !isGone) {
      setup.failed(new Error(`a slow reader is sent a message of kind ${message.kind}`));
    }
    const link = connections.get(to);
    link?.connection.send(link.end, message);
  };

  const deliver = (output: HomeOutput): void => {
    outputs.push(output);
    const ofLife = life;
    switch (output.kind) {
      case "compact":
        time.after(random.integer(0, 30), () => {
          if (ofLife !== life) return;
          const isFailing = random.chance(setup.failingCompactions);
          const payload = isFailing ? null : mergePayloads(output.payloads);
          runtime?.submitted({ kind: "compacted", document: output.document, payload });
        });
        return;
      case "rolled-back":
        // The runner lets the disk finish, draws a new incarnation and starts again with what is there.
        time.after(0, () => {
          if (ofLife !== life) return;
          down();
          incarnation = hexOf(random.bytes(8));
          start();
        });
        return;
      case "violation":
        if (output.reason === "a pull made no progress") {
          const link = connections.get(output.peer);
          link?.connection.cut(null);
          return;
        }
        setup.failed(new Error(`${name} calls ${output.peer} a violator: ${output.reason}`));
    }
  };

  const start = (): void => {
    home.note(`starts as ${incarnation.slice(0, 4)}`);
    const ofLife = life;
    const records = disk.recovery();
    const contents: readonly HomeRow[] = disk.contents();
    guarded(() => judge.reread(view, contents, records));
    machine = createHome(
      {
        home: name,
        incarnation,
        others: setup.others,
        writeQuorum: setup.writeQuorum,
        readQuorum: setup.others.length + 2 - setup.writeQuorum,
      },
      setup.limits,
    );
    writer = setup.isCoded ? createSpaceWriter("world", random.integer(0, 300)) : null;
    const started = startRuntime(machine, records, {
      now: () => time.nowMs,
      append: (appended, done) => effect(() => disk.append(appended, done)),
      load: (query, done) => effect(() => disk.load(query, done)),
      send: (to, message) => effect(() => send(to, message)),
      deliver: (output) => effect(() => deliver(output)),
      wake: (atMs) =>
        time.after(atMs - time.nowMs + random.integer(0, 3), () => {
          if (ofLife === life) runtime?.woken();
        }),
      failed: (error) => {
        if (ofLife === life) setup.failed(error);
      },
    });
    // The power may have failed again already.
    if (ofLife === life) runtime = started;
    else started.stop();
  };

  const home: SimulatedHome = {
    note: () => {},
    name,
    view,
    connections,
    congested,
    outputs,
    get disk() {
      return disk;
    },
    get machine() {
      return machine;
    },
    get incarnation() {
      return incarnation;
    },
    get writer() {
      return writer;
    },
    runtime: () => runtime,
    start,
    crash: (afterEffects) => {
      if (afterEffects === 0) down();
      else effectsLeft = afterEffects;
    },
    wipe: () => {
      incarnation = hexOf(random.bytes(8));
      disk = newDisk(new Map());
    },
    copy: () => new Map(disk.rows),
    setBack: (copy, ofIncarnation) => {
      incarnation = ofIncarnation;
      disk = newDisk(copy);
    },
    congest: (peer, isCongested) => {
      if (!connections.has(peer) || congested.has(peer) === isCongested) return;
      if (!isCongested) congested.delete(peer);
      runtime?.submitted({ kind: isCongested ? "congested" : "drained", peer });
      if (isCongested) congested.add(peer);
      home.note(`${peer} ${isCongested ? "congested" : "drained"}`);
    },
  };
  disk = newDisk(new Map());
  return home;
};

const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
