/** What was proposed or is to be read, and who waits for it: the machine's answers, put together with what is applied. */
import {
  type Entry,
  nameOfNode,
  type RaftOutput,
  type SessionResult,
  type Sessions,
} from "@syncline/consensus/raft";
import { commandsIn } from "./commands.ts";

/** What becomes of a proposal or a read. */
export type Outcome =
  | { readonly kind: "applied"; readonly result: SessionResult }
  | { readonly kind: "readable" }
  /** The change of the members is committed. */
  | { readonly kind: "changed" }
  /** It had and will have no effect. `leader` is the name of the node to ask, if it is known. */
  | { readonly kind: "refused"; readonly reason: string; readonly leader: string | null }
  /** Its entry may yet be applied, or have been. */
  | { readonly kind: "unknown" };

/** Tells one who waits. */
export type Settle = (outcome: Outcome) => void;

/** Those who wait. */
export interface Proposals {
  /** A token for a request, which is answered once. Whoever waits for the commands of one entry stands in their order. */
  begin(settles: readonly Settle[]): number;
  /** Takes what concerns them out of an output; entries are applied to the state first, in order. */
  take(output: RaftOutput): void;
  /** Nobody will hear more. */
  abandon(): void;
}

/** Who waits for the entry at an index to be applied, and of which term it must be. */
interface Accepted {
  readonly term: number;
  readonly settles: readonly Settle[];
}

const overwritten: Outcome = { kind: "refused", reason: "overwritten", leader: null };

/** Nobody waits yet. */
export const createProposals = (sessions: Sessions): Proposals => {
  const settlesByToken = new Map<number, readonly Settle[]>();
  const acceptedByIndex = new Map<number, Accepted>();
  let tokenCount = 0;

  const takeToken = (token: number): readonly Settle[] => {
    const settles = settlesByToken.get(token);
    settlesByToken.delete(token);
    return settles ?? [];
  };
  const takeIndex = (index: number): Accepted | null => {
    const accepted = acceptedByIndex.get(index);
    if (accepted === undefined) return null;
    acceptedByIndex.delete(index);
    return accepted;
  };
  const apply = (entry: Entry): void => {
    const outcomes = outcomesOf(sessions, entry);
    const accepted = takeIndex(entry.index);
    if (accepted === null) return;
    // Of another term it is another entry: the one that was accepted is in no log that will ever be committed.
    const isIt = accepted.term === entry.term;
    for (const [at, settle] of accepted.settles.entries()) {
      settle(isIt ? (outcomes[at] ?? overwritten) : overwritten);
    }
  };

  return {
    begin: (settles) => {
      tokenCount += 1;
      settlesByToken.set(tokenCount, settles);
      return tokenCount;
    },
    take: (output) => {
      switch (output.kind) {
        case "accepted": {
          const { index, term } = output;
          // In a later term the same place may be filled again, by this node: what was there is gone then.
          tell(takeIndex(index)?.settles, { kind: "unknown" });
          acceptedByIndex.set(index, { term, settles: takeToken(output.token) });
          return;
        }
        case "refused": {
          const leader = output.leader === null ? null : nameOfNode(output.leader);
          return tell(takeToken(output.token), { kind: "refused", reason: output.reason, leader });
        }
        case "readable":
          return tell(takeToken(output.token), { kind: "readable" });
        case "apply":
          for (const entry of output.entries) apply(entry);
          return;
        case "restore":
          for (const index of acceptedByIndex.keys()) {
            if (index > output.snapshot.last.index) continue;
            tell(takeIndex(index)?.settles, { kind: "unknown" });
          }
          return;
        case "role":
        case "snapshot-wanted":
        case "members":
          return;
      }
    },
    abandon: () => {
      for (const settles of settlesByToken.values()) tell(settles, { kind: "unknown" });
      for (const { settles } of acceptedByIndex.values()) tell(settles, { kind: "unknown" });
      settlesByToken.clear();
      acceptedByIndex.clear();
    },
  };
};

const tell = (settles: readonly Settle[] = [], outcome: Outcome): void => {
  for (const settle of settles) settle(outcome);
};

/** Applies an entry to the state. Gives what became of each of its commands, or of the change of the members that it is. */
const outcomesOf = (sessions: Sessions, entry: Entry): readonly Outcome[] => {
  switch (entry.kind) {
    case "command":
      return commandsIn(entry.data).map((command) => {
        const result = sessions.apply(entry.index, command);
        return result === null ? overwritten : { kind: "applied", result };
      });
    case "configuration":
      return [{ kind: "changed" }];
    case "empty":
      return [];
  }
};
