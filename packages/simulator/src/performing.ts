/** Carrying out faults: what each does to the world, and how it ends. */
import { describeFault, type Fault } from "./faults.ts";
import type { Network, Weather } from "./network.ts";
import type { AnyNode } from "./node-setup.ts";

/** What faults need of a world. */
export interface Stage<Message> {
  readonly network: Network;
  node(name: string): AnyNode<Message>;
  readonly nodes: readonly AnyNode<Message>[];
  /** Whether what is on this disk may be lost now. */
  mayLose(node: AnyNode<Message>): boolean;
  /** Whether the disk may be rolled back now without anybody being there to tell. */
  mayRollBack(node: AnyNode<Message>): boolean;
  note(text: string): void;
}

/** Carries out faults, each until its time is over. */
export interface Performer {
  /** How many of each kind took effect. */
  readonly countByKind: ReadonlyMap<string, number>;
  /** Faults that would have broken more than was promised to hold, and were left out. */
  readonly sparedCount: number;
  perform(fault: Fault): void;
  /** Ends every fault that has not ended. */
  endAll(): void;
  /** After a process has ended: starts the next one in a while. */
  restartLater(name: string, why: "power" | "disk" | "damage"): void;
}

/** All trouble ends this long before a roll-back, and for so long none begins. */
const CALM_MS = 5000;
const TRUCE_MS = 12_000;
const RESTART_MS = 300;

interface Performing<Message> {
  readonly stage: Stage<Message>;
  readonly ends: Map<Fault, () => void>;
  readonly countByKind: Map<string, number>;
  readonly restartMs: Map<string, number>;
  /** That of the world itself, then those of faults that last, in the order in which they began: the newest holds. */
  readonly weathers: Weather[];
  sparedCount: number;
  truceUntilMs: number;
}

/** A performer of this stage. */
export const createPerformer = <Message>(stage: Stage<Message>): Performer => {
  const state: Performing<Message> = {
    stage,
    ends: new Map(),
    countByKind: new Map(),
    restartMs: new Map(),
    weathers: [{ ...stage.network.weather }],
    sparedCount: 0,
    truceUntilMs: 0,
  };
  return {
    countByKind: state.countByKind,
    get sparedCount() {
      return state.sparedCount;
    },
    perform: (fault) => perform(state, fault),
    endAll: () => endAll(state),
    restartLater: (name, why) => restartLater(state, name, why),
  };
};

const perform = <Message>(state: Performing<Message>, fault: Fault): void => {
  const { stage } = state;
  const isDone = stage.network.schedule.nowMs >= state.truceUntilMs && begin(state, fault);
  if (!isDone) {
    state.sparedCount += 1;
    return;
  }
  state.countByKind.set(fault.kind, (state.countByKind.get(fault.kind) ?? 0) + 1);
  stage.note(describeFault(fault));
};

const lasting = <Message>(
  state: Performing<Message>,
  fault: Fault & { readonly forMs: number },
  end: () => void,
): true => {
  const { schedule } = state.stage.network;
  state.ends.set(fault, end);
  schedule.at(schedule.nowMs + fault.forMs, () => {
    if (!state.ends.delete(fault)) return;
    state.stage.note(`over: ${describeFault(fault)}`);
    end();
  });
  return true;
};

const endAll = <Message>(state: Performing<Message>): void => {
  const ends = [...state.ends.values()];
  state.ends.clear();
  for (const end of ends) end();
};

/** Begins a fault, and returns whether it could. */
const begin = <Message>(state: Performing<Message>, fault: Fault): boolean => {
  switch (fault.kind) {
    case "partition":
    case "clog":
    case "slow-line":
    case "slow-reader":
    case "break":
    case "weather":
      return beginOnLines(state, fault);
    case "crash":
    case "pause":
    case "wipe":
    case "back-up":
    case "restore":
    case "roll-back":
      return beginAtProcess(state, fault);
    case "slow-disk":
    case "full-disk":
    case "failed-flush":
    case "bit-rot":
    case "clock-jump":
    case "clock-drift":
      return beginAtMachine(state, fault);
  }
};

type OnLines = Extract<
  Fault,
  { kind: "partition" | "clog" | "slow-line" | "slow-reader" | "break" | "weather" }
>;

const beginOnLines = <Message>(state: Performing<Message>, fault: OnLines): boolean => {
  const { network } = state.stage;
  const index = (name: string): number => state.stage.node(name).index;
  switch (fault.kind) {
    case "partition": {
      const cutAll = (by: 1 | -1): void => {
        for (const [from, to] of fault.lines) network.cut(index(from), index(to), by);
      };
      cutAll(1);
      return lasting(state, fault, () => cutAll(-1));
    }
    case "clog":
      network.clog(index(fault.from), index(fault.to), 1);
      return lasting(state, fault, () => network.clog(index(fault.from), index(fault.to), -1));
    case "slow-line": {
      const line = network.line(index(fault.from), index(fault.to));
      line.addedMs += fault.addedMs;
      return lasting(state, fault, () => {
        line.addedMs -= fault.addedMs;
      });
    }
    case "slow-reader": {
      const line = network.line(index(fault.from), index(fault.node));
      line.perMessageMs += fault.perMessageMs;
      return lasting(state, fault, () => {
        line.perMessageMs -= fault.perMessageMs;
      });
    }
    case "break":
      return breakConnections(state.stage, fault.one, fault.other);
    case "weather": {
      const { lossRate, duplicationRate, reorderingRate } = fault;
      const { weathers } = state;
      const weather = { lossRate, duplicationRate, reorderingRate };
      weathers.push(weather);
      Object.assign(network.weather, weather);
      return lasting(state, fault, () => {
        weathers.splice(weathers.indexOf(weather), 1);
        Object.assign(network.weather, weathers.at(-1));
      });
    }
  }
};

const breakConnections = <Message>(stage: Stage<Message>, one: string, other: string): boolean => {
  const others = new Set(
    [...stage.node(other).connections.values()].map(({ connection }) => connection),
  );
  const between = [...stage.node(one).connections.values()].filter(({ connection }) =>
    others.has(connection),
  );
  for (const { connection } of between) connection.cut(null);
  return between.length > 0;
};

type AtProcess = Extract<
  Fault,
  { kind: "crash" | "pause" | "wipe" | "back-up" | "restore" | "roll-back" }
>;

const beginAtProcess = <Message>(state: Performing<Message>, fault: AtProcess): boolean => {
  const { stage, restartMs } = state;
  const node = stage.node(fault.node);
  switch (fault.kind) {
    case "crash":
      if (node.phase === "down") return false;
      restartMs.set(fault.node, fault.forMs);
      node.crash(fault.afterEffects);
      return true;
    case "pause":
      if (node.phase !== "running") return false;
      node.pause();
      return lasting(state, fault, () => node.resume());
    case "wipe":
      // The power goes first: what was on its way to the disk may or may not be there.
      restartMs.set(fault.node, fault.forMs);
      node.crash();
      if (!stage.mayLose(node)) return false;
      node.wipe();
      return true;
    case "back-up":
      return node.backUp();
    case "restore":
      restartMs.set(fault.node, fault.forMs);
      node.crash();
      return stage.mayLose(node) && node.restore(true);
    case "roll-back":
      return beginRollBack(state, fault);
  }
};

/**
 * An old copy that nobody noticed is found out by other homes, and only by them. So it needs a time in which those who know more can say so;
 * that a lone node may be rolled back without a sign is known, and no promise.
 */
const beginRollBack = <Message>(
  state: Performing<Message>,
  fault: Extract<Fault, { kind: "roll-back" }>,
): boolean => {
  const { stage, restartMs } = state;
  const { schedule } = stage.network;
  state.truceUntilMs = schedule.nowMs + TRUCE_MS;
  endAll(state);
  forgetTroubleToCome(state);
  for (const node of stage.nodes) node.start();
  schedule.at(schedule.nowMs + CALM_MS, () => {
    if (schedule.nowMs >= state.truceUntilMs) return;
    const node = stage.node(fault.node);
    restartMs.set(fault.node, fault.forMs);
    node.crash();
    const isDone = stage.mayLose(node) && stage.mayRollBack(node) && node.restore(false);
    stage.note(`${fault.node} ${isDone ? "was" : "could not be"} rolled back`);
    if (isDone && fault.isSlowlyRead) {
      for (const { name } of stage.nodes) {
        begin(state, { kind: "slow-disk", atMs: 0, node: name, times: 200, forMs: CALM_MS });
      }
    }
  });
  return true;
};

/**
 * Crashes that wait for some more effects, and flushes that would fail.
 *
 * Left alone they would break the truce. With two nodes:
 *   1. a is to lose power after some more effects, for twelve seconds, and does so within the truce, before it is rolled back;
 *   2. so the truce is over before it starts, and b loses power, too;
 *   3. a starts as a lone node that nobody can tell of what it has lost.
 */
const forgetTroubleToCome = <Message>({ stage, restartMs }: Performing<Message>): void => {
  restartMs.clear();
  for (const node of stage.nodes) {
    node.spare();
    node.disk.state.isFailing = false;
  }
};

type AtMachine = Extract<
  Fault,
  {
    kind: "slow-disk" | "full-disk" | "failed-flush" | "bit-rot" | "clock-jump" | "clock-drift";
  }
>;

const beginAtMachine = <Message>(state: Performing<Message>, fault: AtMachine): boolean => {
  const { stage } = state;
  const node = stage.node(fault.node);
  const { nowMs } = stage.network.schedule;
  const disk = node.disk.state;
  switch (fault.kind) {
    case "slow-disk":
      disk.slowness *= fault.times;
      return lasting(state, fault, () => {
        disk.slowness /= fault.times;
      });
    case "full-disk":
      disk.isFull = true;
      return lasting(state, fault, () => {
        disk.isFull = false;
      });
    case "failed-flush":
      disk.isFailing = true;
      return true;
    case "bit-rot":
      // What is written from now on stands on this disk, too, which is as good as lost: were there two of them, it could be on these and no other.
      if (stage.nodes.some((other) => other.hasDamage)) return false;
      return stage.mayLose(node) && node.damage(fault.place);
    case "clock-jump":
      node.clock.jump(fault.byMs, fault.isSuspension);
      if (fault.isSuspension && fault.byMs > 0) node.wake();
      return true;
    case "clock-drift":
      node.clock.drift(fault.rate, nowMs);
      return lasting(state, fault, () => node.clock.drift(1, stage.network.schedule.nowMs));
  }
};

const restartLater = <Message>(
  state: Performing<Message>,
  name: string,
  why: "power" | "disk" | "damage",
): void => {
  const { stage, restartMs } = state;
  const { schedule } = stage.network;
  const afterMs = restartMs.get(name) ?? RESTART_MS;
  restartMs.delete(name);
  const node = stage.node(name);
  schedule.at(schedule.nowMs + afterMs, () => {
    if (node.phase !== "down") return;
    // Whoever runs it moves a damaged directory away.
    if (why !== "power" && node.hasDamage) node.wipe();
    node.start();
  });
};
