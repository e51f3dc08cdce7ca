/** What was asked, answered, written and seen: all that the judges know of a run, simulated or recorded from real processes. */
import type { DotRanges, WriteDot } from "./dot-ranges.ts";

/** What happened, in two kinds: operations that must look as if each took effect at one moment, and observations of replicated data. */
export interface History {
  /** In any order; their times say how they lie to each other. */
  readonly operations: readonly Operation[];
  /** In the order in which each session made them; between sessions only times count. */
  readonly observations: readonly Observation[];
}

/**
 * One call by one client on one object.
 *
 * Times are finite numbers of one clock, in any unit. Where a history is recorded on several machines, a call's time is lowered and a return's
 * raised by the clocks' uncertainty: intervals that are too wide hide violations, ones that are too narrow invent them.
 */
export interface Operation<Input = unknown, Output = unknown> {
  readonly client: string;
  /** The object: operations on different keys have nothing to do with each other (Herlihy and Wing 1990, §3.3: linearizability is local). */
  readonly key: string;
  readonly callTime: number;
  readonly input: Input;
  readonly outcome: Outcome<Output>;
}

/**
 * How a call ended. `unknown`: nobody knows (a timeout, a lost connection, a client that died); it may have taken effect at any time
 * after the call, may yet do so, or never. `failed`: it certainly had and will have no effect.
 *
 * Whoever records a timeout as `failed` will be told of violations that are none.
 */
export type Outcome<Output = unknown> =
  | { readonly kind: "returned"; readonly time: number; readonly output: Output }
  | { readonly kind: "unknown" }
  | { readonly kind: "failed" };

/**
 * What a session did with replicated data, or what was found at a replica.
 *
 * A session is a sequential user of the data: one at a time, in the order of its lines, wherever it is connected. Each of its writes, deletions
 * among them, has a dot of its own.
 */
export type Observation = Write | Acknowledgement | Read | Replica;

/** A session wrote, and the write has this dot. */
export interface Write {
  readonly kind: "write";
  readonly session: string;
  readonly time: number;
  readonly dot: WriteDot;
  /** The writes that this one deleted: whoever has seen it must not be shown them. None if absent. */
  readonly deletes?: DotRanges;
}

/** The cluster said that this write has come to this level. */
export interface Acknowledgement {
  readonly kind: "acknowledgement";
  readonly session: string;
  readonly time: number;
  readonly dot: WriteDot;
  /** The cluster's own word, such as `quorum`. */
  readonly level: string;
}

/** A session looked. */
export interface Read {
  readonly kind: "read";
  readonly session: string;
  /** When it had the answer. */
  readonly time: number;
  /** When it asked; equal to `time` if absent. */
  readonly callTime?: number;
  /** Which replica answered; for the words of a verdict only. */
  readonly replica?: string;
  /** Every write whose effect is in the answer, deletions and deleted ones too. */
  readonly seen: DotRanges;
  /** Those of them that were there to be seen, not deleted. Not judged if absent. */
  readonly present?: DotRanges;
  /** The level of which everything acknowledged before `callTime` was promised to be in the answer; none if absent. */
  readonly promises?: string;
}

/** What one replica held. */
export interface Replica {
  readonly kind: "replica";
  readonly replica: string;
  readonly time: number;
  /** A canonical digest, or the content itself: equal content has equal text. */
  readonly digest: string;
  /** Every write that was in it; not judged if absent. */
  readonly seen?: DotRanges;
  /** Those of them that were there to be seen, not deleted. Not judged if absent. */
  readonly present?: DotRanges;
  /** Whether everything had been healed and had come to rest: such replicas must be equal. */
  readonly isFinal: boolean;
}
