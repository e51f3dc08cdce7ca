/** What was proposed or is to be read, and who waits for it: the machine's answers, put together with what is applied. */
import {
  type Entry,
  nameOfNode,
  type RaftOutput,
  type SessionResult,
  type Sessions,
} from "@syncline/consensus/raft";

/** What becomes of a proposal or a read. */
export type Outcome =
  | { readonly kind: "applied"; readonly result: SessionResult }
  | { readonly kind: "readable" }
  /** It had and will have no effect. `leader` is the name of the node to ask, if it is known. */
  | { readonly kind: "refused"; readonly reason: string; readonly leader: string | null }
  /** Its entry may yet be applied, or have been. */
  | { readonly kind: "unknown" };

type Settle = (outcome: Outcome) => void;

/** Those who wait. */
export interface Proposals {
  /** A token for a request, which is answered once. */
  begin(settle: Settle): number;
  /** Takes what concerns them out of an output; entries are applied to the state first, in order. */
  take(output: RaftOutput): void;
  /** Nobody will hear more. */
  abandon(): void;
}

/** Nobody waits yet. */
export const createProposals = (sessions: Sessions): Proposals => {
  const settleByToken = new Map<number, Settle>();
  const acceptedByIndex = new Map<number, { readonly term: number; readonly settle: Settle }>();
  let tokenCount = 0;

  const takeToken = (token: number): Settle => {
    const settle = settleByToken.get(token);
    settleByToken.delete(token);
    return settle ?? (() => {});
  };
  const takeIndex = (index: number): { readonly term: number; readonly settle: Settle } | null => {
    const accepted = acceptedByIndex.get(index);
    if (accepted === undefined) return null;
    acceptedByIndex.delete(index);
    return accepted;
  };
  const apply = (entry: Entry): void => {
    const result = entry.kind === "command" ? sessions.apply(entry.index, entry.data) : null;
    const accepted = takeIndex(entry.index);
    if (accepted === null) return;
    // Another entry has its place: it is in no log that will ever be committed.
    const isIt = accepted.term === entry.term && result !== null;
    const overwritten: Outcome = { kind: "refused", reason: "overwritten", leader: null };
    accepted.settle(isIt ? { kind: "applied", result } : overwritten);
  };

  return {
    begin: (settle) => {
      tokenCount += 1;
      settleByToken.set(tokenCount, settle);
      return tokenCount;
    },
    take: (output) => {
      switch (output.kind) {
        case "accepted": {
          const { index, term } = output;
          // In a later term the same place may be filled again, by this node: what was there is gone then.
          takeIndex(index)?.settle({ kind: "unknown" });
          acceptedByIndex.set(index, { term, settle: takeToken(output.token) });
          return;
        }
        case "refused": {
          const leader = output.leader === null ? null : nameOfNode(output.leader);
          return takeToken(output.token)({ kind: "refused", reason: output.reason, leader });
        }
        case "readable":
          return takeToken(output.token)({ kind: "readable" });
        case "apply":
          for (const entry of output.entries) apply(entry);
          return;
        case "restore":
          for (const index of acceptedByIndex.keys()) {
            if (index <= output.snapshot.last.index) takeIndex(index)?.settle({ kind: "unknown" });
          }
          return;
        case "role":
        case "snapshot-wanted":
        case "members":
          return;
      }
    },
    abandon: () => {
      for (const settle of settleByToken.values()) settle({ kind: "unknown" });
      for (const { settle } of acceptedByIndex.values()) settle({ kind: "unknown" });
      settleByToken.clear();
      acceptedByIndex.clear();
    },
  };
};
