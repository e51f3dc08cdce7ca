/** What must hold of single-decree Paxos at every step, seen from outside: from what is on the disks and what is said. */
import {
  type Ballot,
  compareBallots,
  describeBallot,
  noBallot,
  type PaxosMessage,
  type PaxosRecord,
} from "@syncline/consensus/paxos";

interface OnDisk {
  promised: Ballot;
  accepted: Ballot;
}

/** An observer that is told of every write and every message, and throws at the first promise that is broken. */
export interface PaxosOracle {
  /** The value that is chosen, as text; null if none is. Known from the disks alone. */
  readonly chosen: string | null;
  proposed(value: Uint8Array): void;
  written(acceptor: string, records: readonly PaxosRecord[]): void;
  said(node: string, message: PaxosMessage): void;
  /** A node told its application. */
  told(node: string, value: Uint8Array): void;
}

const textOf = (value: Uint8Array): string => new TextDecoder().decode(value);

/** An oracle that has seen nothing. */
export const createPaxosOracle = (acceptors: readonly string[]): PaxosOracle => {
  const diskByAcceptor = new Map<string, OnDisk>();
  const proposed = new Set<string>();
  const valueByBallot = new Map<string, string>();
  const ballots: Ballot[] = [];
  const votersByBallot = new Map<string, Set<string>>();
  let chosen: string | null = null;
  /** The smallest ballot in which it is. */
  let chosenBallot: Ballot | null = null;

  const diskOf = (acceptor: string): OnDisk => {
    const disk = diskByAcceptor.get(acceptor) ?? { promised: noBallot, accepted: noBallot };
    diskByAcceptor.set(acceptor, disk);
    return disk;
  };

  /** If a value is chosen, every proposal of a larger ballot has that value (Paxos Made Simple, P2b). */
  const checkAfterChosen = (ballot: Ballot): void => {
    if (chosenBallot === null || compareBallots(ballot, chosenBallot) <= 0) return;
    const name = describeBallot(ballot);
    const value = valueByBallot.get(name);
    if (value === chosen) return;
    throw new Error(`another value is proposed after ${chosen} is chosen: ${value} in ${name}`);
  };

  const checkValue = (ballot: Ballot, value: string): string => {
    const name = describeBallot(ballot);
    const known = valueByBallot.get(name);
    if (known !== undefined && known !== value) {
      throw new Error(`a ballot has two values: ${name} is ${known} and ${value}`);
    }
    if (known === undefined) {
      valueByBallot.set(name, value);
      ballots.push(ballot);
      checkAfterChosen(ballot);
    }
    if (!proposed.has(value)) throw new Error(`nobody proposed it: ${value}`);
    return name;
  };

  const vote = (acceptor: string, ballot: Ballot, value: string): void => {
    const name = checkValue(ballot, value);
    const voters = votersByBallot.get(name) ?? new Set();
    votersByBallot.set(name, voters.add(acceptor));
    // Counted here, so that a mistake in the package's own arithmetic is seen.
    if (voters.size * 2 <= acceptors.length) return;
    if (chosen !== null && chosen !== value) {
      throw new Error(`two values are chosen: ${chosen}, and ${value} in ${name}`);
    }
    chosen = value;
    if (chosenBallot !== null && compareBallots(chosenBallot, ballot) <= 0) return;
    chosenBallot = ballot;
    ballots.forEach(checkAfterChosen);
  };

  return {
    get chosen() {
      return chosen;
    },
    proposed: (value) => void proposed.add(textOf(value)),
    written: (acceptor, records) => {
      for (const record of records) {
        if (record.kind !== "acceptor") continue;
        const disk = diskOf(acceptor);
        if (compareBallots(record.promised, disk.promised) < 0) {
          throw new Error(`a promise is taken back: ${acceptor}`);
        }
        const accepted = record.accepted?.ballot ?? noBallot;
        if (compareBallots(accepted, disk.accepted) < 0) {
          throw new Error(`what was accepted is given up: ${acceptor}`);
        }
        disk.promised = record.promised;
        disk.accepted = accepted;
        if (record.accepted !== null) vote(acceptor, accepted, textOf(record.accepted.value));
      }
    },
    said: (node, message) => {
      if (message.kind === "promise" && compareBallots(message.ballot, diskOf(node).promised) > 0) {
        throw new Error(`a promise is given that is not on the disk: ${node}`);
      }
      if (message.kind === "accepted") {
        const name = describeBallot(message.proposal.ballot);
        if (votersByBallot.get(name)?.has(node) !== true) {
          throw new Error(`a vote is told that is not on the disk: ${node}`);
        }
      }
      if (message.kind === "accept") {
        checkValue(message.proposal.ballot, textOf(message.proposal.value));
      }
    },
    told: (node, value) => {
      if (chosen !== textOf(value)) {
        throw new Error(`a value is told that is not chosen: ${node} says ${textOf(value)}`);
      }
    },
  };
};
