/**
 * Runs one machine: feeds it inputs one at a time, carries out its effects in order, holds each `then` back until its records are on disk.
 *
 * It does no IO itself: the ports do, and call back. So the same runtime serves the relay, the browser and the simulator.
 */
import { AssertionError } from "./assert.ts";
import type { Effect, Input, Machine, PeerId, Protocol } from "./machine.ts";

/** What a runtime needs of the world. Callbacks may come at once or later, never more than once. */
export interface RuntimePorts<P extends Protocol> {
  /** The time in milliseconds of a clock that never goes back. */
  now(): number;
  /**
   * Puts the records on stable storage, all or none, and calls `done(null)` once they are there.
   *
   * Calls become durable in the order in which they were made, and are answered in that order.
   */
  append(records: readonly P["record"][], done: (error: Error | null) => void): void;
  /** Answers a query; what was appended and answered before the call is seen by it. The token is the machine's own name for the question. */
  load(
    query: P["query"],
    done: (error: Error | null, rows: readonly P["row"][]) => void,
    token: number,
  ): void;
  /** Passes a message on, without promise. */
  send(to: PeerId, message: P["message"]): void;
  /** Hands an output to the application. It may submit to the runtime at once; that is taken after the effects under way. If it throws, the machine stops. */
  deliver(output: P["output"]): void;
  /** Calls `Runtime.woken` at least once when `now` has come to the time. */
  wake(atMs: number): void;
  /** The machine has stopped for good: a failed append, a failed load, a failed assertion or a port that threw. Called once, last; nothing more leaves. */
  failed(error: Error): void;
}

/** A running machine. After it has stopped every call is ignored. */
export interface Runtime<P extends Protocol> {
  /** A peer sent this. */
  received(from: PeerId, message: P["message"]): void;
  /** The application asks this. */
  submitted(request: P["request"]): void;
  /** A time that was asked for has come. */
  woken(): void;
  /**
   * Takes what the calls bring, answers of appends above all, as if it had come at one moment: nothing is carried out before the last of them. So a
   * machine whose many persists shared a flush hears of all of them before it says the next thing to anybody.
   */
  together(calls: () => void): void;
  /** Stops without `failed`; effects under way are dropped as in a crash. */
  stop(): void;
  /** Whether inputs are still taken. */
  readonly isRunning: boolean;
}

/**
 * Starts the machine with what its journal kept and runs it.
 *
 * Fail-stop: after a failed append nothing more leaves this machine, whatever it was about; the state in memory then runs ahead of a disk
 * of which nobody knows what it holds, and a second fsync that succeeds proves nothing (Rebello et al., ATC 2020).
 * A port that throws is a failure like any other. Cost: constant for each input and effect, besides what the ports do.
 */
export const startRuntime = <P extends Protocol>(
  machine: Machine<P>,
  records: readonly P["record"][],
  ports: RuntimePorts<P>,
): Runtime<P> => {
  const state: RuntimeState<P> = {
    machine,
    ports,
    isRunning: true,
    isWorking: false,
    inputs: [],
    thens: [],
    appendCount: 0,
    answerCount: 0,
  };
  work(state, records);
  return {
    received: (from, message) => take(state, { kind: "received", from, message }),
    submitted: (request) => take(state, { kind: "submitted", request }),
    woken: () => take(state, { kind: "woken" }),
    together: (calls) => together(state, calls),
    stop: () => end(state),
    get isRunning() {
      return state.isRunning;
    },
  };
};

interface RuntimeState<P extends Protocol> {
  readonly machine: Machine<P>;
  readonly ports: RuntimePorts<P>;
  isRunning: boolean;
  /** Whether effects are being carried out; what comes meanwhile waits in the two queues. */
  isWorking: boolean;
  readonly inputs: Input<P>[];
  /** The effects of persists that are on disk. They go before the inputs, for they were asked for before. */
  readonly thens: (readonly Effect<P>[])[];
  appendCount: number;
  answerCount: number;
}

const take = <P extends Protocol>(state: RuntimeState<P>, input: Input<P>): void => {
  if (!state.isRunning) return;
  state.inputs.push(input);
  work(state);
};

// One input at a time: an input that comes while effects are carried out waits until they are, so a machine never sees itself half done.
const work = <P extends Protocol>(
  state: RuntimeState<P>,
  recovered: readonly P["record"][] | null = null,
): void => {
  if (state.isWorking) return;
  state.isWorking = true;
  try {
    if (recovered !== null) {
      carryOut(state, state.machine.recover(recovered, state.ports.now()));
    }
    for (let effects = nextEffects(state); effects !== null; effects = nextEffects(state)) {
      carryOut(state, effects);
    }
  } catch (error) {
    fail(state, error);
  } finally {
    state.isWorking = false;
  }
};

const together = <P extends Protocol>(state: RuntimeState<P>, calls: () => void): void => {
  // Effects are being carried out: what comes meanwhile waits anyway.
  if (state.isWorking) return calls();
  state.isWorking = true;
  try {
    calls();
  } finally {
    state.isWorking = false;
  }
  work(state);
};

const nextEffects = <P extends Protocol>(state: RuntimeState<P>): readonly Effect<P>[] | null => {
  const then = takeFirst(state.thens);
  if (then !== undefined) return then;
  const input = takeFirst(state.inputs);
  return input === undefined ? null : state.machine.step(input, state.ports.now());
};

/** Mostly nothing or one thing waits, and then `shift` would cost more than the step. */
const takeFirst = <Item>(queue: Item[]): Item | undefined =>
  queue.length > 1 ? queue.shift() : queue.pop();

const carryOut = <P extends Protocol>(
  state: RuntimeState<P>,
  effects: readonly Effect<P>[],
): void => {
  for (const effect of effects) {
    if (!state.isRunning) return;
    switch (effect.kind) {
      case "persist":
        append(state, effect.records, effect.then);
        break;
      case "send":
        state.ports.send(effect.to, effect.message);
        break;
      case "deliver":
        state.ports.deliver(effect.output);
        break;
      case "wake":
        state.ports.wake(effect.atMs);
        break;
      case "load":
        load(state, effect.token, effect.query);
        break;
      case "submit":
        state.inputs.push({ kind: "submitted", request: effect.request });
        break;
    }
  }
};

const append = <P extends Protocol>(
  state: RuntimeState<P>,
  records: readonly P["record"][],
  then: readonly Effect<P>[],
): void => {
  state.appendCount += 1;
  const place = state.appendCount;
  state.ports.append(records, (error) => {
    if (!state.isRunning) return;
    if (error !== null) return fail(state, error);
    state.answerCount += 1;
    // Were it let through, a machine could hear that its second write is on disk while the first is not, and promise what a crash takes back.
    if (place !== state.answerCount) {
      return fail(state, new AssertionError("an append was answered twice or out of order"));
    }
    state.thens.push(then);
    work(state);
  });
};

const load = <P extends Protocol>(
  state: RuntimeState<P>,
  token: number,
  query: P["query"],
): void => {
  let isAnswered = false;
  const done = (error: Error | null, rows: readonly P["row"][]): void => {
    if (!state.isRunning) return;
    if (error !== null) return fail(state, error);
    if (isAnswered) return fail(state, new AssertionError("a load was answered twice"));
    isAnswered = true;
    take(state, { kind: "loaded", token, rows });
  };
  state.ports.load(query, done, token);
};

const fail = <P extends Protocol>(state: RuntimeState<P>, error: unknown): void => {
  if (!state.isRunning) return;
  end(state);
  state.ports.failed(error instanceof Error ? error : new Error(String(error)));
};

const end = <P extends Protocol>(state: RuntimeState<P>): void => {
  state.isRunning = false;
  state.inputs.length = 0;
  state.thens.length = 0;
};
