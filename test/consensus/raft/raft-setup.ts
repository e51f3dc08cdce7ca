/** How a seed sets a cluster up. */
import type { RaftOptions } from "@syncline/consensus/raft";
import type { Delays, Weather } from "@syncline/simulator";

/** The kinds of trouble. */
export type RaftPlot =
  /** A bit of everything at random times. */
  | "anything"
  /** Election timeouts near the delays of messages, votes that come twice or late, crashes of those who have just voted. */
  | "elections"
  /** Leaders are cut off with entries of their own, and come back. */
  | "tails"
  /** Many members are replaced at once, and lines are cut while that is under way. */
  | "members"
  /** Clients read everywhere while leaders change. */
  | "reads"
  /** Snapshots after every few entries. */
  | "snapshots"
  /** Slow disks, lost tails, lost disks. */
  | "disks"
  /** Nothing but one scene, again and again. */
  | "scenes"
  /** A cluster in good order for an hour or more, with patient timeouts, in which now and then something happens. */
  | "hours";

/** What is played in a plot of scenes. */
export type Scene =
  /** Leaders that do not hear that others lead are asked by readers, and then hear old answers. */
  | "old-answers"
  /** The same of leaders that have a lease and have asked another to call an election. */
  | "handing-over"
  | "relapse"
  | "mend"
  | "maroon"
  | "interrupt"
  /** Followers that need snapshots lose pieces of them. */
  | "snapshots"
  | "overwrite"
  | "overtake"
  | "summon"
  /** As old answers, but without guards, and with nothing but reads whose answers come late. */
  | "late-answers"
  /** Many candidates at once, and every answer may come twice. */
  | "votes";

/** A cluster. */
export interface RaftSetup {
  readonly seed: number;
  readonly plot: RaftPlot;
  /** Null but in a plot of scenes. */
  readonly scene: Scene | null;
  /** How long the trouble lasts. */
  readonly forMs: number;
  readonly names: readonly string[];
  /** So many of them begin it; the others come later, if they are wanted. */
  readonly initialCount: number;
  readonly isCoded: boolean;
  readonly delays: Delays;
  readonly diskDelays: Delays;
  readonly weather: Weather;
  readonly options: Partial<RaftOptions>;
  readonly expiryMs: number;
  readonly snapshotMs: number;
  readonly clientCount: number;
  readonly keys: readonly string[];
  readonly thinkMs: number;
  readonly timeoutMs: number;
  readonly impatience: number;
  /** A mean pause before a client asks again after a refusal. */
  readonly retryMs: number;
  /** From 0 to 1: how many of the operations are reads. */
  readonly readShare: number;
  /** Whether clients ask anybody each time, instead of whom they found leading. */
  readonly isWandering: boolean;
  readonly operatorEveryMs: number;
  readonly expireEveryMs: number;
  /** What one member bears for ever after everything else was made whole: it hears nobody, is heard by nobody, or both; null for nothing. */
  readonly stranding: Stranding | null;
}

/** How a member is stranded. */
type Stranding = "deaf" | "mute" | "alone";
