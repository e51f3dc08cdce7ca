/** A world in a seed: nodes that run machines, lines between them, and everything that befalls them, in one thread and in virtual time. */
import type { Input, PeerId, Protocol } from "@syncline/machine";
import type { Delays } from "./delays.ts";
import { createDialler, type Dialler, type DialNames } from "./dialling.ts";
import { keyedDraws } from "./draws.ts";
import type { Fault } from "./faults.ts";
import { createNetwork, type Network, type NetworkTally, type Weather } from "./network.ts";
import { createNode } from "./node.ts";
import type { AnyNode, Node, NodeSetup, Speaking } from "./node-setup.ts";
import { createPerformer, type Performer } from "./performing.ts";
import { createSchedule, type Schedule } from "./schedule.ts";

/** Something that happened, for logs and traces. */
export type WorldEvent<Message> =
  /** An input is handed to a machine. */
  | {
      readonly kind: "input";
      readonly atMs: number;
      readonly node: string;
      readonly input: Input<Protocol>;
    }
  /** A machine sends a message; whether it arrives is another matter. */
  | {
      readonly kind: "sent";
      readonly atMs: number;
      readonly from: string;
      readonly to: PeerId;
      readonly message: Message;
    }
  /** A fault begins or ends, a process starts or ends. */
  | { readonly kind: "note"; readonly atMs: number; readonly text: string };

/** How a world is set up. */
export interface WorldSetup<Message> {
  /** Everything that is not said is drawn from it: whole, within 32 bits. */
  readonly seed: number;
  /** How long messages take: 1 to about 20 ms by default. */
  readonly delays?: Delays;
  /** What befalls datagrams all along; nothing by default. */
  readonly weather?: Weather;
  /** Whether a disk may be lost now, so that no more is lost than the protocol promises to bear; always by default. */
  readonly mayLose?: (node: AnyNode<Message>) => boolean;
  /** Whether a disk may be rolled back unnoticed now; never by default. */
  readonly mayRollBack?: (node: AnyNode<Message>) => boolean;
  /** How far the nodes' clocks are apart at first, at most; 60,000 ms by default. */
  readonly clockOffsetMaxMs?: number;
  /** A run with more inputs than this fails, for it does not come to rest; there is no limit by default. */
  readonly eventCountMax?: number;
  /** Sees everything. Costs nothing if it is not given. */
  readonly observe?: (event: WorldEvent<Message>) => void;
}

/** What a world has come to. */
export interface WorldTally {
  /** Inputs handed to machines. */
  readonly eventCount: number;
  readonly simulatedMs: number;
  /** Faults that took effect, by kind. */
  readonly faultCountByKind: ReadonlyMap<string, number>;
  /** Faults that were left out, since they would have broken more than was promised to hold. */
  readonly sparedCount: number;
  readonly network: NetworkTally;
  /** Appends that were lost with the power before they were flushed, and those that it tore. */
  readonly lostAppendCount: number;
  readonly tornAppendCount: number;
}

const defaultDelays: Delays = { minMs: 1, meanMs: 6, shape: "exponential" };
const calm: Weather = { lossRate: 0, duplicationRate: 0, reorderingRate: 0 };

/**
 * A world. Add nodes, say who dials whom, give it faults, and let time pass.
 *
 * The same setup, nodes and calls give the same run on every platform. Whatever is wrong first (a failed assertion, an error of a hook) ends the run: `run` throws it.
 */
export class World<Message> {
  /** Virtual time, for what the test itself wants to happen. */
  readonly schedule: Schedule;
  /** The lines between nodes. */
  readonly network: Network;
  readonly #setup: WorldSetup<Message>;
  readonly #nodes: AnyNode<Message>[] = [];
  readonly #nodeByName = new Map<string, AnyNode<Message>>();
  readonly #performer: Performer;
  #failure: Error | null = null;
  #eventCount = 0;
  #fingerprint = 0;
  #connectionCount = 0;

  constructor(setup: WorldSetup<Message>) {
    this.#setup = setup;
    this.schedule = createSchedule();
    this.network = createNetwork(setup.seed, this.schedule, {
      delays: setup.delays ?? defaultDelays,
      weather: setup.weather ?? calm,
    });
    this.#performer = createPerformer({
      network: this.network,
      nodes: this.#nodes,
      node: (name) => this.node(name),
      mayLose: (node) => setup.mayLose?.(node) ?? true,
      mayRollBack: (node) => setup.mayRollBack?.(node) ?? false,
      note: (text) => this.note(text),
    });
  }

  /** The time in milliseconds since the world began. */
  get nowMs(): number {
    return this.schedule.nowMs;
  }

  /** Every node, in the order in which they were added. */
  get nodes(): readonly AnyNode<Message>[] {
    return this.#nodes;
  }

  /** A number that two runs share if they went the same way, and hardly otherwise: of each input its time, its node and its kind. */
  get fingerprint(): number {
    return this.#fingerprint;
  }

  /** What has happened so far, counted. */
  get tally(): WorldTally {
    const disks = this.#nodes.map(({ disk }) => disk.state);
    return {
      eventCount: this.#eventCount,
      simulatedMs: this.nowMs,
      faultCountByKind: this.#performer.countByKind,
      sparedCount: this.#performer.sparedCount,
      network: this.network.tally,
      lostAppendCount: disks.reduce((sum, { lostCount }) => sum + lostCount, 0),
      tornAppendCount: disks.reduce((sum, { tornCount }) => sum + tornCount, 0),
    };
  }

  /** The node of this name. Throws if there is none. */
  node(name: string): AnyNode<Message> {
    const node = this.#nodeByName.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  /** Adds a node, which is down until it is started. Messages reach it under its name. */
  addNode<P extends Speaking<Message>>(setup: NodeSetup<P, Message>): Node<P> {
    const index = this.#nodes.length;
    const { seed, clockOffsetMaxMs = 60_000 } = this.#setup;
    const offset = keyedDraws(seed, "clock").fraction(index, 0, 0) * 2 - 1;
    const node = createNode<Message, P>(setup, {
      seed,
      index,
      schedule: this.schedule,
      clockOffsetMs: Math.round(offset * clockOffsetMaxMs),
      datagram: (from, to, message) => this.#datagram(from, to, message),
      stepping: (at, input) => this.#stepping(at, input),
      sent: (from, to, message) => this.#observeSent(from.name, to, message),
      note: (text) => this.note(text),
      failed: (error) => this.fail(error),
      fell: (at, why) => {
        this.note(`${at.name} is down`);
        this.#performer.restartLater(at.name, why);
      },
    });
    this.#nodes.push(node);
    this.#nodeByName.set(setup.name, node);
    return node;
  }

  /** A connection that the node keeps to whomever it is pointed at. */
  addDialler(from: AnyNode<Message>, names: DialNames = {}): Dialler<Message> {
    return createDialler(
      this.network,
      from,
      () => {
        this.#connectionCount += 1;
        return this.#connectionCount;
      },
      names,
    );
  }

  /** Lets these faults happen at their times. */
  befall(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.schedule.at(fault.atMs, () => this.#performer.perform(fault));
    }
  }

  /** Ends every fault: lines are whole, processes run, damaged disks are given up, full ones have space. */
  heal(): void {
    this.#performer.endAll();
    for (const node of this.#nodes) {
      node.disk.state.isFailing = false;
      if (node.hasDamage) node.wipe();
      node.resume();
      node.spare();
      node.start();
    }
  }

  /** Lets this much time pass. Throws what went wrong. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    while (this.#failure === null && this.schedule.next(untilMs));
    if (this.#failure !== null) throw this.#failure;
  }

  /** Runs until there is nothing to wait for, and returns after how long. Throws what it waited for if that takes longer than `withinMs`. */
  runUntil(waitsFor: () => string | null, withinMs: number, everyMs = 50): number {
    const beginMs = this.nowMs;
    for (let why = waitsFor(); why !== null; why = waitsFor()) {
      if (this.nowMs - beginMs >= withinMs) throw new Error(`still after ${withinMs} ms: ${why}`);
      this.run(everyMs);
    }
    return this.nowMs - beginMs;
  }

  /** Something was wrong; the first is what `run` throws. */
  fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = Object.assign(error, { message: `at ${this.nowMs} ms: ${error.message}` });
    this.note(this.#failure.message);
  }

  /** A line for logs and traces. */
  note(text: string): void {
    this.#setup.observe?.({ kind: "note", atMs: this.nowMs, text });
  }

  #datagram(from: number, to: PeerId, message: Message): void {
    const target = this.#nodeByName.get(to);
    const sender = this.#nodes[from];
    if (target === undefined || sender === undefined) return;
    this.network.datagram(from, target.index, () => target.receive(sender.name, message));
  }

  #stepping(node: AnyNode<Message>, input: Input<Protocol>): void {
    this.#eventCount += 1;
    const place = (this.nowMs * 8) | 0;
    const kind = input.kind.charCodeAt(0) + node.index * 128;
    this.#fingerprint = (Math.imul(this.#fingerprint ^ place, 0x01000193) + kind) | 0;
    if (this.#eventCount > (this.#setup.eventCountMax ?? Number.POSITIVE_INFINITY)) {
      this.fail(new Error("the nodes do not come to rest"));
    }
    this.#setup.observe?.({ kind: "input", atMs: this.nowMs, node: node.name, input });
  }

  #observeSent(from: string, to: PeerId, message: Message): void {
    this.#setup.observe?.({ kind: "sent", atMs: this.nowMs, from, to, message });
  }
}
