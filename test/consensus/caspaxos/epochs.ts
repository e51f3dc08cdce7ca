/**
 * Which epoch each acceptor obeys, by its disk; and that it does nothing for an earlier one from then on.
 *
 * What is promised or accepted for an earlier epoch behind the fence may have been left out of what the new acceptor copied:
 *   1. c accepts x and loses its disk; b's read of the register for the same x is slow, and b obeys epoch 2 meanwhile;
 *   2. the new c copies what a and b have, which is nothing;
 *   3. b accepts x after all, so x is committed by the old c and b, and whoever asks a and the new c has heard of nothing.
 */
import {
  type Ballot,
  compareBallots,
  describeBallot,
  type Register,
  type RegisterMessage,
} from "@syncline/consensus/caspaxos";

/** What is known of epochs. */
export interface Epochs {
  /** A proposer asks something in its epoch. */
  proposed(message: RegisterMessage): void;
  /** The acceptor's head is on its disk. */
  obeyed(incarnation: string, epoch: number): void;
  /** A register comes to the disk of a member, in place of another one. */
  written(incarnation: string, key: string, before: Register | undefined, after: Register): void;
  /** An acceptor says this. */
  said(incarnation: string, message: RegisterMessage): void;
  /** An acceptor tells its application that it has taken its place. */
  replaced(incarnation: string, epoch: number): void;
}

/** Nobody obeys anything yet. */
export const createEpochs = (): Epochs => {
  const epochByIncarnation = new Map<string, number>();
  /** A ballot belongs to one epoch: a proposer that is told another one begins anew. */
  const epochByBallot = new Map<string, number>();

  const nameOf = (key: string, ballot: Ballot): string => `${key} ${describeBallot(ballot)}`;
  const note = (key: string, ballot: Ballot | null, epoch: number): void => {
    if (ballot === null) return;
    const name = nameOf(key, ballot);
    if ((epochByBallot.get(name) ?? epoch) !== epoch) {
      throw new Error(`a ballot is used in two epochs: ${describeBallot(ballot)} of ${key}`);
    }
    epochByBallot.set(name, epoch);
  };
  const epochOf = (incarnation: string): number => epochByIncarnation.get(incarnation) ?? 0;

  const checkNew = (
    incarnation: string,
    key: string,
    before: Ballot | undefined,
    after: Ballot | undefined,
  ): void => {
    if (after === undefined) return;
    if (before !== undefined && compareBallots(before, after) === 0) return;
    const epoch = epochByBallot.get(nameOf(key, after));
    if (epoch === undefined || epoch >= epochOf(incarnation)) return;
    throw new Error(
      `an earlier epoch is obeyed: ${incarnation} takes ${describeBallot(after)} of epoch ${epoch} for ${key}`,
    );
  };

  return {
    proposed: (message) => {
      if (message.kind !== "prepare" && message.kind !== "accept") return;
      note(message.key, message.ballot, message.epoch);
      if (message.kind === "accept") note(message.key, message.next, message.epoch);
    },
    obeyed: (incarnation, epoch) => {
      if (epoch < epochOf(incarnation)) {
        throw new Error(`an earlier epoch is obeyed again: ${incarnation}`);
      }
      epochByIncarnation.set(incarnation, epoch);
    },
    written: (incarnation, key, before, after) => {
      checkNew(incarnation, key, before?.promise, after.promise);
      checkNew(incarnation, key, before?.accepted?.ballot, after.accepted?.ballot);
    },
    said: (incarnation, message) => {
      if (message.kind === "fenced" && message.epoch > epochOf(incarnation)) {
        throw new Error(`an epoch is told to be obeyed that is not on the disk: ${incarnation}`);
      }
      if (message.kind === "copied" && message.epoch !== epochOf(incarnation)) {
        throw new Error(`it hands over for an epoch that it does not obey: ${incarnation}`);
      }
    },
    replaced: (incarnation, epoch) => {
      if (epoch <= epochOf(incarnation)) return;
      throw new Error(`it is told to take part and that is not on the disk: ${incarnation}`);
    },
  };
};
