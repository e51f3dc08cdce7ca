/** A node's state, and the few questions that every part of it asks. */
import type { Machine, PeerId, Runtime } from "@syncline/machine";
import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Draws } from "./draws.ts";
import type { Keeping } from "./keeping.ts";
import type { Attached, Life, Node, NodePorts, NodeSetup, Speaking } from "./node-setup.ts";

/** What a node is: its present process, if there is one, and what outlives it. */
export interface NodeState<P extends Speaking<Message>, Message> {
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
  /** Answers of its disk so far, for draws. */
  answerCount: number;
}

/** The node's monotonic time. */
export const nowOf = <Message, P extends Speaking<Message>>({
  clock,
  ports,
}: NodeState<P, Message>): number => clock.monotonicMs(ports.schedule.nowMs);

/** Runs a check; what it throws is a failure of the run. */
export const guarded = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  check: () => void,
): void => {
  try {
    check();
  } catch (error) {
    fail(state, error);
  }
};

/** Something is wrong that no fault explains. */
export const fail = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  error: unknown,
): void => {
  state.ports.failed(error instanceof Error ? error : new Error(String(error)));
};

/** Runs this in the process: later if it is paused, never if it is gone by then. */
export const whenAwake = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  run: () => void,
): void => {
  if (state.phase === "running") run();
  else if (state.phase === "paused") state.held.push(run);
};

/** Submits a request, if there is one. */
export const ask = <Message, P extends Speaking<Message>>(
  state: NodeState<P, Message>,
  request: P["request"] | null,
): void => {
  if (request !== null) whenAwake(state, () => state.runtime?.submitted(request));
};
