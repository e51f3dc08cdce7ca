/** A node: a process that runs one machine, its disk and its clock. It crashes between any two effects, pauses, restarts, and loses its disk. */
import {
  type Input,
  type Machine,
  type PeerId,
  type Protocol,
  type Runtime,
  startRuntime,
} from "@syncline/machine";
import { type Clock, createClock } from "./clock.ts";
import type { Codec, Connection, End } from "./connections.ts";
import type { Delays } from "./delays.ts";
import { createDisk, type Disk, DiskFailure } from "./disk.ts";
import { type Draws, keyedDraws } from "./draws.ts";
import { type Keeping, keepRecords } from "./keeping.ts";
import type { Schedule } from "./schedule.ts";

/** A protocol whose messages are these. */
export type Speaking<Message> = Protocol & { readonly message: Message };

/** Which process and which directory a machine is made for. */
export interface Life {
  /** Counts directories: a wiped disk, or one whose identity was changed, has the next number. From 1. */
  readonly directory: number;
  /** Counts processes, from 1. */
  readonly process: number;
}

/** How the news of connections becomes requests; null or nothing where the machine is not told. */
export interface LinkRequests<P extends Protocol> {
  up?(peer: PeerId): P["request"] | null;
  down?(peer: PeerId): P["request"] | null;
  unreachable?(peer: PeerId): P["request"] | null;
  congested?(peer: PeerId): P["request"] | null;
  drained?(peer: PeerId): P["request"] | null;
}

/** How a node is set up, for all of its lives. */
export interface NodeSetup<P extends Speaking<Message>, Message> {
  /** How others address it. */
  readonly name: string;
  /** The machine of a new process. */
  readonly machine: (life: Life) => Machine<P>;
  /** An empty disk; `keepRecords` by default. */
  readonly keep?: () => Keeping<P>;
  /** Takes the machine's outputs; it may submit at once. */
  readonly deliver?: (output: P["output"], node: Node<P>) => void;
  readonly links?: LinkRequests<P>;
  /** Frames of each new connection; without it messages travel as objects. */
  readonly codec?: () => Codec<Message>;
  /** How long reads and flushes take: 0.5 to 20 ms by default. */
  readonly diskDelays?: Delays;
  /** Called before a machine takes an input. */
  readonly before?: (input: Input<P>, node: Node<P>) => void;
  /** Called after it, before its effects are carried out: the place for invariants of the state. An error that is thrown is the run's failure. */
  readonly after?: (input: Input<P>, node: Node<P>) => void;
  /** These records came to the disk. */
  readonly written?: (records: readonly P["record"][], node: Node<P>) => void;
  /** A process begins with what its disk gave it; before `recover`. */
  readonly starting?: (records: readonly P["record"][], node: Node<P>) => void;
  /** A message leaves the machine. */
  readonly sending?: (to: PeerId, message: Message, node: Node<P>) => void;
}

/** The parts of a node that do not depend on its protocol. */
export interface AnyNode<Message> {
  readonly name: string;
  readonly index: number;
  readonly phase: "down" | "running" | "paused";
  readonly life: Life;
  readonly clock: Clock;
  readonly hasDamage: boolean;
  readonly connections: ReadonlyMap<PeerId, Attached<Message>>;
  /** Starts a process, if none runs. */
  start(): void;
  /** The power fails: at once, or just before the effect after this many more. */
  crash(afterEffects?: number): void;
  /** The process stops where it is; what comes meanwhile waits. */
  pause(): void;
  resume(): void;
  /** Takes back a crash that was to come after some more effects. */
  spare(): void;
  /** A copy of the disk is made, for `restore`. */
  backUp(): boolean;
  /** The directory is empty from the next start on, with a new identity. The process ends. */
  wipe(): void;
  /** The directory is the backup from the next start on. `isNoticed` if the store sees that it is a copy, and gives it a new identity. The process ends. */
  restore(isNoticed: boolean): boolean;
  /** The same directory under a new identity, from the next start on. The process ends. */
  renew(): void;
  /** Turns a bit on the disk. */
  damage(fraction: number): boolean;
  readonly disk: { readonly state: Disk<Protocol>["state"] };
  receive(from: PeerId, message: Message): void;
  /** Runs this in the process: later if it is paused, never if it is gone by then. */
  whenAwake(run: () => void): void;
  attach(peer: PeerId, connection: Connection<Message>, end: 0 | 1): void;
  endFor(peer: PeerId, connection: () => Connection<Message>): End<Message>;
  tellUnreachable(peer: PeerId): void;
  /** Asks the machine to look at its deadlines, as after a jump of its clock. */
  wake(): void;
}

/** One end of a connection, at the node that has it. */
export interface Attached<Message> {
  readonly connection: Connection<Message>;
  readonly end: 0 | 1;
}

/** A node of a world. */
export interface Node<P extends Protocol> extends AnyNode<P["message"]> {
  /** Null while the process is down. */
  readonly machine: Machine<P> | null;
  readonly keeping: Keeping<P>;
  /** The time as the machine is given it. */
  readonly nowMs: number;
  submit(request: P["request"]): void;
}

/** What a node needs of the world. */
export interface NodePorts<Message> {
  readonly seed: number;
  readonly index: number;
  readonly schedule: Schedule;
  readonly clockOffsetMs: number;
  /** Sends a datagram; for peers to which no connection leads. */
  datagram(from: number, to: PeerId, message: Message): void;
  /** An input is handed to the machine. */
  stepping(node: AnyNode<Message>, input: Input<Protocol>): void;
  sent(node: AnyNode<Message>, to: PeerId, message: Message): void;
  note(text: string): void;
  /** A bug. */
  failed(error: Error): void;
  /** The process has ended: the power failed, its disk failed it, or what is on the disk is damaged. */
  fell(node: AnyNode<Message>, why: "power" | "disk" | "damage"): void;
}

/** Wakes come late by up to this. */
const LATENESS_MS = 3;

const defaultDiskDelays: Delays = { minMs: 0.5, meanMs: 2, shape: "heavy-tailed" };

interface State<P extends Speaking<Message>, Message> {
  readonly setup: NodeSetup<P, Message>;
  readonly ports: NodePorts<Message>;
  readonly clock: Clock;
  readonly draws: Draws;
  readonly disk: Disk<P>;
  readonly connections: Map<PeerId, Attached<Message>>;
  node: Node<P>;
  life: Life;
  phase: "down" | "running" | "paused";
  machine: Machine<P> | null;
  runtime: Runtime<P> | null;
  effectsLeft: number;
  held: (() => void)[];
  backup: { keeping: Keeping<P>; directory: number } | null;
  directoryCount: number;
  wakeCount: number;
}

/** A node that is down, with an empty disk. */
export const createNode = <Message, P extends Speaking<Message>>(
  setup: NodeSetup<P, Message>,
  ports: NodePorts<Message>,
): Node<P> => {
  const disk = createDisk<P>(setup.keep?.() ?? keepRecords(), {
    schedule: ports.schedule,
    draws: keyedDraws(ports.seed, "disk"),
    index: ports.index,
    delays: setup.diskDelays ?? defaultDiskDelays,
    written: (records) => guarded(state, () => setup.written?.(records, state.node)),
    answer: (run) => whenAwake(state, run),
  });
  const clock = createClock(ports.clockOffsetMs);
  const state: State<P, Message> = {
    setup,
    ports,
    clock,
    draws: keyedDraws(ports.seed, "node"),
    disk,
    connections: new Map(),
    node: {} as Node<P>,
    life: { directory: 1, process: 0 },
    phase: "down",
    machine: null,
    runtime: null,
    effectsLeft: Number.POSITIVE_INFINITY,
    held: [],
    backup: null,
    directoryCount: 1,
    wakeCount: 0,
  };
  state.node = faceOf(state);
  return state.node;
};

const faceOf = <Message, P extends Speaking<Message>>(state: State<P, Message>): Node<P> => ({
  name: state.setup.name,
  index: state.ports.index,
  clock: state.clock,
  disk: state.disk,
  connections: state.connections,
  get phase() {
    return state.phase;
  },
  get life() {
    return state.life;
  },
  get hasDamage() {
    return state.disk.state.isDamaged;
  },
  get machine() {
    return state.machine;
  },
  get keeping() {
    return state.disk.keeping;
  },
  get nowMs() {
    return nowOf(state);
  },
  start: () => start(state),
  crash: (afterEffects = 0) => {
    if (state.phase === "down") return;
    if (afterEffects <= 0) down(state);
    else state.effectsLeft = Math.min(state.effectsLeft, afterEffects);
  },
  pause: () => {
    if (state.phase === "running") state.phase = "paused";
  },
  resume: () => resume(state),
  spare: () => {
    state.effectsLeft = Number.POSITIVE_INFINITY;
  },
  backUp: () => {
    if (state.disk.state.isDamaged) return false;
    state.backup = { keeping: state.disk.keeping.copy(), directory: state.life.directory };
    return true;
  },
  wipe: () => {
    down(state);
    state.disk.keeping = state.setup.keep?.() ?? keepRecords();
    newDirectory(state);
  },
  restore: (isNoticed) => restore(state, isNoticed),
  renew: () => {
    down(state);
    newDirectory(state);
  },
  damage: (fraction) => {
    const isDone = state.disk.keeping.damage(fraction);
    if (isDone) state.disk.state.isDamaged = true;
    return isDone;
  },
  receive: (from, message) => whenAwake(state, () => state.runtime?.received(from, message)),
  submit: (request) => whenAwake(state, () => state.runtime?.submitted(request)),
  whenAwake: (run) => whenAwake(state, run),
  attach: (peer, connection, end) => void state.connections.set(peer, { connection, end }),
  endFor: (peer, connection) => endFor(state, peer, connection),
  tellUnreachable: (peer) => ask(state, state.setup.links?.unreachable?.(peer) ?? null),
  wake: () => whenAwake(state, () => state.runtime?.woken()),
});

const nowOf = <Message, P extends Speaking<Message>>({ clock, ports }: State<P, Message>): number =>
  clock.monotonicMs(ports.schedule.nowMs);

const guarded = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  check: () => void,
): void => {
  try {
    check();
  } catch (error) {
    state.ports.failed(error instanceof Error ? error : new Error(String(error)));
  }
};

const newDirectory = <Message, P extends Speaking<Message>>(state: State<P, Message>): void => {
  state.directoryCount += 1;
  state.life = { directory: state.directoryCount, process: state.life.process };
};

const restore = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  isNoticed: boolean,
): boolean => {
  const { backup } = state;
  // A backup of another directory than the present one, which was given up: its identity must not come back.
  if (backup === null || (!isNoticed && backup.directory !== state.life.directory)) return false;
  down(state);
  state.disk.keeping = backup.keeping.copy();
  if (isNoticed) newDirectory(state);
  return true;
};

const whenAwake = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  run: () => void,
): void => {
  if (state.phase === "running") run();
  else if (state.phase === "paused") state.held.push(run);
};

const resume = <Message, P extends Speaking<Message>>(state: State<P, Message>): void => {
  if (state.phase !== "paused") return;
  state.phase = "running";
  const { held } = state;
  state.held = [];
  for (const run of held) whenAwake(state, run);
};

/** The process is gone, with everything that was in memory and on its way. */
const down = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  why: "power" | "disk" = "power",
): void => {
  if (state.phase === "down") return;
  state.phase = "down";
  state.runtime?.stop();
  state.runtime = null;
  state.machine = null;
  state.effectsLeft = Number.POSITIVE_INFINITY;
  state.held = [];
  state.disk.losePower();
  for (const { connection, end } of state.connections.values()) connection.cut(end);
  state.connections.clear();
  state.ports.fell(state.node, why);
};

const start = <Message, P extends Speaking<Message>>(state: State<P, Message>): void => {
  if (state.phase !== "down") return;
  const { setup, ports, disk } = state;
  let records: readonly P["record"][];
  try {
    records = disk.keeping.recover();
  } catch {
    ports.note(`${setup.name} finds its disk damaged`);
    return ports.fell(state.node, "damage");
  }
  state.life = { directory: state.life.directory, process: state.life.process + 1 };
  const { process } = state.life;
  state.phase = "running";
  guarded(state, () => setup.starting?.(records, state.node));
  const machine = watched(state, setup.machine(state.life));
  state.machine = machine.inner;
  const runtime = startRuntime<P>(machine.outer, records, portsOf(state, process));
  // The power may have failed again already.
  if (state.life.process === process && state.machine !== null) state.runtime = runtime;
  else runtime.stop();
};

/** The machine as the runtime sees it, with the world looking on. */
const watched = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  inner: Machine<P>,
): { readonly inner: Machine<P>; readonly outer: Machine<P> } => {
  const { setup, ports, node } = state;
  const { before, after } = setup;
  return {
    inner,
    outer: {
      recover: (records, nowMs) => inner.recover(records, nowMs),
      step: (input, nowMs) => {
        ports.stepping(node, input);
        if (before !== undefined) before(input, node);
        const effects = inner.step(input, nowMs);
        if (after !== undefined) guarded(state, () => after(input, node));
        return effects;
      },
    },
  };
};

const portsOf = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  process: number,
): Parameters<typeof startRuntime<P>>[2] => {
  const { setup, ports, disk } = state;
  const isHere = (): boolean => state.life.process === process && state.phase !== "down";
  /** Carries an effect out, unless the power fails just before it. */
  const effect = (run: () => void): void => {
    if (!isHere()) return;
    if (state.effectsLeft <= 0) return down(state);
    state.effectsLeft -= 1;
    run();
  };
  return {
    now: () => nowOf(state),
    append: (records, done) => effect(() => disk.append(records, done)),
    load: (query, done) => effect(() => disk.load(query, done)),
    send: (to, message) => effect(() => send(state, to, message)),
    deliver: (output) => effect(() => setup.deliver?.(output, state.node)),
    wake: (atMs) => wake(state, process, atMs),
    failed: (error) => {
      if (!isHere()) return;
      if (!(error instanceof DiskFailure)) return ports.failed(error);
      ports.note(`${setup.name} stops: ${error.message}`);
      down(state, "disk");
    },
  };
};

const send = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  to: PeerId,
  message: Message,
): void => {
  const { setup, ports, connections } = state;
  guarded(state, () => setup.sending?.(to, message, state.node));
  ports.sent(state.node, to, message);
  const attached = connections.get(to);
  if (attached !== undefined) attached.connection.send(attached.end, message);
  else if (setup.links === undefined) ports.datagram(ports.index, to, message);
};

const wake = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  process: number,
  atMs: number,
): void => {
  const { clock, ports, draws } = state;
  const { schedule } = ports;
  state.wakeCount += 1;
  const lateMs = draws.fraction(ports.index, 1, state.wakeCount) * LATENESS_MS;
  const untilMs = clock.untilMs(atMs, schedule.nowMs) + Math.round(lateMs * 8) / 8;
  schedule.at(schedule.nowMs + untilMs, () => {
    if (state.life.process !== process) return;
    whenAwake(state, () => {
      // Its clock may have been slowed down meanwhile.
      if (nowOf(state) < atMs) wake(state, process, atMs);
      else state.runtime?.woken();
    });
  });
};

const ask = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  request: P["request"] | null,
): void => {
  if (request !== null) whenAwake(state, () => state.runtime?.submitted(request));
};

const endFor = <Message, P extends Speaking<Message>>(
  state: State<P, Message>,
  peer: PeerId,
  connection: () => Connection<Message>,
): End<Message> => {
  const { setup, ports } = state;
  const { process } = state.life;
  const isOf = (): boolean => state.connections.get(peer)?.connection === connection();
  const isHere = (): boolean => state.life.process === process && isOf();
  return {
    codec: setup.codec?.() ?? null,
    opened: () => {
      if (isHere()) ask(state, setup.links?.up?.(peer) ?? null);
    },
    received: (message) => {
      if (!isHere()) return;
      if (state.phase === "running") {
        state.runtime?.received(peer, message);
        return;
      }
      whenAwake(state, () => {
        if (isHere()) state.runtime?.received(peer, message);
      });
    },
    closed: () => {
      if (!isHere()) return;
      whenAwake(state, () => {
        if (!isHere()) return;
        state.connections.delete(peer);
        const request = setup.links?.down?.(peer) ?? null;
        if (request !== null) state.runtime?.submitted(request);
      });
    },
    congested: () => {
      if (isHere()) ask(state, setup.links?.congested?.(peer) ?? null);
    },
    drained: () => {
      if (isHere()) ask(state, setup.links?.drained?.(peer) ?? null);
    },
    failed: (error) => ports.failed(error),
  };
};
