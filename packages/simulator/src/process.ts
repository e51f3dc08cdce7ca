/** A node's process: it begins with what the disk gives it, runs its machine on the ports of the world, pauses, and ends at any moment. */
import { type Machine, type PeerId, startRuntime } from "@syncline/machine";
import { DiskFailure } from "./disk.ts";
import type { Speaking } from "./node-setup.ts";
import { fail, guarded, type NodeState, nowOf, whenAwake } from "./node-state.ts";

/** Wakes come late by up to this. */
const LATENESS_MS = 3;

/** The process goes on where it was, with everything that came meanwhile. */
export const resume = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
): void => {
  if (state.phase !== "paused") return;
  state.phase = "running";
  const { held } = state;
  state.held = [];
  const takeAll = (): void => {
    for (const run of held) whenAwake(state, run);
  };
  const { runtime } = state;
  if (state.setup.isTakenTogether !== true || runtime === null) takeAll();
  else runtime.together(takeAll);
};

/** The process is gone, with everything that was in memory and on its way. */
export const down = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
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

/** Begins a process with what is on the disk. */
export const start = <Message, P extends Speaking<Message>>(state: NodeState<P, Message>): void => {
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

/** The disk answers: appends that shared a flush are heard of one by one or, as in a relay, together. */
export const answered = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  run: () => void,
): void => {
  const { draws, ports, runtime } = state;
  state.answerCount += 1;
  const isTogether = draws.fraction(ports.index, 2, state.answerCount) < 0.5;
  if (isTogether && runtime !== null) runtime.together(run);
  else run();
};

/** The machine as the runtime sees it, with the world looking on. */
const watched = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
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
        if (after !== undefined) {
          try {
            after(input, node);
          } catch (error) {
            fail(state, error);
          }
        }
        return effects;
      },
    },
  };
};

const portsOf = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  process: number,
): Parameters<typeof startRuntime<P>>[2] => {
  const { setup, ports, disk } = state;
  const isHere = (): boolean => state.life.process === process && state.phase !== "down";
  /** Whether the next effect is carried out: not if the power fails just before it. */
  const isCarriedOut = (): boolean => {
    if (!isHere()) return false;
    if (state.effectsLeft <= 0) {
      down(state);
      return false;
    }
    state.effectsLeft -= 1;
    return true;
  };
  return {
    now: () => nowOf(state),
    append: (records, done) => {
      if (isCarriedOut()) disk.append(records, done);
    },
    load: (query, done) => {
      if (isCarriedOut()) disk.load(query, done);
    },
    send: (to, message) => {
      if (isCarriedOut()) send(state, to, message);
    },
    deliver: (output) => {
      if (isCarriedOut()) setup.deliver?.(output, state.node);
    },
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
  state: NodeState<P, Message>,
  to: PeerId,
  message: Message,
): void => {
  const { setup, ports, connections } = state;
  if (setup.sending !== undefined) {
    try {
      setup.sending(to, message, state.node);
    } catch (error) {
      fail(state, error);
    }
  }
  ports.sent(state.node, to, message);
  const attached = connections.get(to);
  if (attached !== undefined) attached.connection.send(attached.end, message);
  else if (setup.links === undefined) ports.datagram(ports.index, to, message);
};

const wake = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
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
