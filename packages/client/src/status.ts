/** What a space says of itself, for a badge beside a text. */
import type { SyncError } from "@syncline/machine";
import type { HomeId, Level } from "@syncline/quorum";
import type { LevelNumbers } from "./settling.ts";

/** How a space stands. An object of its own for each state: two that are the same object say the same. */
export interface SpaceStatus {
  /** A home serves this space now. */
  readonly connected: boolean;
  /** Everything that the home had when this connection began is here. */
  readonly synced: boolean;
  /** Own batches that are not at `quorum` yet; one that is still being gathered counts as one. */
  readonly pending: number;
  /** How far the newest own edit has come; `all` also if there was none. */
  readonly level: Level;
  /** On how many disks the newest own edit is, of how many: `"2/3"`. `"0/0"` until a home has said how many there are. */
  readonly copies: string;
  /** The first number of `copies`. */
  readonly copyCount: number;
  /** The second number of `copies`: the homes of the space. */
  readonly homeCount: number;
  /** On how many disks an edit is settled at `quorum`. */
  readonly writeQuorum: number;
  /**
   * How many homes' knowledge is in what is shown; 0 when not connected. It grows to a read quorum once the home has heard of enough, and what they had is
   * here. The first time that this space is opened they are asked; on later connections those count whose links to the home are up.
   */
  readonly heardCount: number;
  /**
   * Those are enough to have seen everything that was settled at `quorum` when this space was opened for the first time; on later connections but for
   * what was on its way between homes just then.
   */
  readonly isQuorumRead: boolean;
  /** The name of the home that serves this space; null when not connected. */
  readonly relay: HomeId | null;
  /** What keeps edits from being saved, or the space from being served; null if nothing does. */
  readonly error: SyncError | null;
}

/** What a home said of itself and the space when the session began; `heardCount` grows later. */
export interface Welcome {
  readonly home: HomeId;
  readonly homeCount: number;
  readonly writeQuorum: number;
  readonly heardCount: number;
}

/** What a status is made of. */
export interface StatusFacts {
  /** Of the last session, also while there is none; null before the first. */
  readonly welcome: Welcome | null;
  readonly isConnected: boolean;
  readonly isSynced: boolean;
  readonly numbers: LevelNumbers;
  /** Edits that are not batches yet: the one being gathered, and documents held back. */
  readonly unsentCount: number;
  /** On how many disks the newest batch is known to be. */
  readonly newestCopyCount: number;
  readonly error: SyncError | null;
}

/** The status that the facts come to. */
export const statusOf = (facts: StatusFacts): SpaceStatus => {
  const { welcome, isConnected, numbers, unsentCount } = facts;
  const { homeCount, writeQuorum } = welcome ?? { homeCount: 0, writeQuorum: 0 };
  const level = unsentCount > 0 ? "local" : levelOf(numbers);
  const copyCount = copyCountOf(facts, level, homeCount);
  const heardCount = isConnected ? (welcome?.heardCount ?? 0) : 0;
  return {
    connected: isConnected,
    synced: facts.isSynced,
    pending: numbers.submitted - numbers.quorum + unsentCount,
    level,
    copies: `${copyCount}/${homeCount}`,
    copyCount,
    homeCount,
    writeQuorum,
    heardCount,
    isQuorumRead: heardCount > 0 && heardCount > homeCount - writeQuorum,
    relay: isConnected ? (welcome?.home ?? null) : null,
    error: facts.error,
  };
};

const levelOf = (numbers: LevelNumbers): Level => {
  for (const level of ["all", "quorum", "relay"] as const) {
    if (numbers[level] >= numbers.submitted) return level;
  }
  return "local";
};

const copyCountOf = (facts: StatusFacts, level: Level, homeCount: number): number => {
  if (level === "all") return homeCount;
  return level === "local" ? 0 : facts.newestCopyCount;
};

/** Whether two say the same. */
export const isSameStatus = (left: SpaceStatus, right: SpaceStatus): boolean =>
  (Object.keys(left) as (keyof SpaceStatus)[]).every((name) => left[name] === right[name]);
