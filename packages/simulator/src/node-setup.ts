/** How a node is set up, what others see of it, and what it needs of its world. */
import type { Input, Machine, PeerId, Protocol } from "@syncline/machine";
import type { Clock } from "./clock.ts";
import type { Codec, Connection, End } from "./connections.ts";
import type { Delays } from "./delays.ts";
import type { Disk } from "./disk.ts";
import type { Keeping } from "./keeping.ts";
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
  /** Whether a process that goes on after a pause takes all that waited in one turn, as it does when it finds its sockets full; one after the other by default. */
  readonly isTakenTogether?: boolean;
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
  /**
   * Submits a request: later if the process is paused, never if it is gone by then. By then something submitted from `deliver` may have gone ahead, so an
   * application that changes a state of its own with the request does both in `whenAwake`.
   */
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
