/** A node: a process that runs one machine, its disk and its clock. It crashes between any two effects, pauses, restarts, and loses its disk. */
import { createClock } from "./clock.ts";
import type { Delays } from "./delays.ts";
import { createDisk } from "./disk.ts";
import { keyedDraws } from "./draws.ts";
import { keepRecords } from "./keeping.ts";
import { endFor } from "./node-ends.ts";
import type { Node, NodePorts, NodeSetup, Speaking } from "./node-setup.ts";
import { ask, guarded, type NodeState, nowOf, whenAwake } from "./node-state.ts";
import { answered, down, resume, start } from "./process.ts";

const defaultDiskDelays: Delays = { minMs: 0.5, meanMs: 2, shape: "heavy-tailed" };

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
    answer: (run) => whenAwake(state, () => answered(state, run)),
  });
  const clock = createClock(ports.clockOffsetMs);
  const state: NodeState<P, Message> = {
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
    answerCount: 0,
  };
  state.node = faceOf(state);
  return state.node;
};

const faceOf = <Message, P extends Speaking<Message>>(state: NodeState<P, Message>): Node<P> => ({
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
  submit: (request) => {
    // Mostly it runs, and then nothing has to be kept for later.
    if (state.phase === "running") state.runtime?.submitted(request);
    else whenAwake(state, () => state.runtime?.submitted(request));
  },
  whenAwake: (run) => whenAwake(state, run),
  attach: (peer, connection, end) => void state.connections.set(peer, { connection, end }),
  endFor: (peer, connection) => endFor(state, peer, connection),
  tellUnreachable: (peer) => ask(state, state.setup.links?.unreachable?.(peer) ?? null),
  wake: () => whenAwake(state, () => state.runtime?.woken()),
});

const newDirectory = <Message, P extends Speaking<Message>>(state: NodeState<P, Message>): void => {
  state.directoryCount += 1;
  state.life = { directory: state.directoryCount, process: state.life.process };
};

const restore = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
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
