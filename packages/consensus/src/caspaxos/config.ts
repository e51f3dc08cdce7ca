/** Who accepts, and how many of them must: the configuration of a group of registers, with its epoch. */
import type { PeerId } from "@syncline/machine";
import { majorityOf } from "../majority.ts";

/** An acceptor by its name and by the life of its disk: an acceptor that lost its disk is another one, whatever its name. */
export interface AcceptorId {
  readonly name: PeerId;
  /** Of its directory; drawn anew for an empty one. */
  readonly incarnation: string;
}

/** A configuration. There is one for each epoch, and acceptors obey no earlier one than they know. */
export interface RegisterConfig {
  /** From 1. */
  readonly epoch: number;
  readonly acceptors: readonly AcceptorId[];
  /** How many must promise before anything is proposed. */
  readonly prepareQuorum: number;
  /** How many must have accepted before anything is committed: on so many disks it is. */
  readonly acceptQuorum: number;
}

/** The most acceptors of a configuration. */
export const ACCEPTORS_MAX = 15;

/** A configuration in which both quorums are a majority. */
export const majorityConfig = (
  epoch: number,
  acceptors: readonly AcceptorId[],
): RegisterConfig => ({
  epoch,
  acceptors,
  prepareQuorum: majorityOf(acceptors.length),
  acceptQuorum: majorityOf(acceptors.length),
});

/**
 * What is wrong with the configuration, as a sentence, or null if it is good.
 *
 * Every prepare quorum must meet every accept quorum: that is all that Paxos needs (Howard, Malkhi and Spiegelman, Flexible Paxos, 2016). Two accept
 * quorums need not meet, so what one of them says alone proves nothing: see `agreementOf`.
 */
export const whyBadConfig = (config: RegisterConfig): string | null => {
  const { epoch, acceptors, prepareQuorum, acceptQuorum } = config;
  const count = acceptors.length;
  if (!Number.isSafeInteger(epoch) || epoch < 1) return "an epoch is a whole number from 1";
  if (count < 1 || count > ACCEPTORS_MAX) return `1 to ${ACCEPTORS_MAX} acceptors`;
  if (new Set(acceptors.map(({ name }) => name)).size < count) return "an acceptor stands twice";
  if (![prepareQuorum, acceptQuorum].every((size) => isWhole(size, count))) {
    return `a quorum is a whole number from 1 to ${count}`;
  }
  if (prepareQuorum + acceptQuorum <= count) return "a prepare quorum must meet each accept quorum";
  return null;
};

const isWhole = (size: number, max: number): boolean =>
  Number.isSafeInteger(size) && size >= 1 && size <= max;

/** Why the loss of one acceptor cannot be made good under these quorums, as a sentence, or null if it can. */
export const whyNotReplaceable = (config: RegisterConfig): string | null => {
  // What is committed, and what is promised, must be known to one of the others at least.
  if (config.acceptQuorum < 2) return "what one acceptor alone has accepted is lost with it";
  if (config.prepareQuorum < 2) return "what one acceptor alone has promised is lost with it";
  return null;
};

/** Why one configuration cannot follow the other by the replacement of the acceptor `replaced`, as a sentence, or null if it can. */
export const whyNotNext = (
  before: RegisterConfig,
  after: RegisterConfig,
  replaced: PeerId,
): string | null => {
  if (after.epoch <= before.epoch) return "the epoch is not later";
  const isSameSize =
    before.acceptors.length === after.acceptors.length &&
    before.prepareQuorum === after.prepareQuorum &&
    before.acceptQuorum === after.acceptQuorum;
  if (!isSameSize) return "the quorums are others";
  const isKept = after.acceptors.every(
    ({ name, incarnation }, index) =>
      name === replaced || before.acceptors[index]?.incarnation === incarnation,
  );
  return isKept ? null : "more than one acceptor is another";
};

/** The acceptor of this name, or null. */
export const acceptorOf = (config: RegisterConfig, name: PeerId): AcceptorId | null =>
  config.acceptors.find((acceptor) => acceptor.name === name) ?? null;

/** Whether both are the same in everything. */
export const isSameConfig = (left: RegisterConfig, right: RegisterConfig): boolean =>
  left.epoch === right.epoch &&
  left.prepareQuorum === right.prepareQuorum &&
  left.acceptQuorum === right.acceptQuorum &&
  left.acceptors.length === right.acceptors.length &&
  left.acceptors.every(({ name, incarnation }, index) => {
    const other = right.acceptors[index];
    return other?.name === name && other.incarnation === incarnation;
  });
