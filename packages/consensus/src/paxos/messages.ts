/** What proposers, acceptors and learners say to each other, in the words of the literature (Lamport, Paxos Made Simple, 2001). */
import type { PeerId, Protocol } from "@syncline/machine";
import type { Ballot } from "../ballot.ts";

/** A value in a ballot. A ballot has one value at most, for ever. */
export interface Proposal {
  readonly ballot: Ballot;
  readonly value: Uint8Array;
}

/** A message, with who says it to whom. */
export type PaxosMessage =
  /** Phase 1a, proposer to acceptors: promise me to accept nothing of a smaller ballot any more. */
  | { readonly kind: "prepare"; readonly ballot: Ballot }
  /** Phase 1b, acceptor to proposer: I promise; and this is the proposal of the largest ballot that I have accepted so far, or null. */
  | { readonly kind: "promise"; readonly ballot: Ballot; readonly accepted: Proposal | null }
  /** Phase 2a, proposer to acceptors: accept this. */
  | { readonly kind: "accept"; readonly proposal: Proposal }
  /** Phase 2b, acceptor to learners and to the proposer: I have accepted this. */
  | { readonly kind: "accepted"; readonly proposal: Proposal }
  /** Acceptor to proposer: not in this ballot; I have promised a larger one. */
  | { readonly kind: "conflict"; readonly ballot: Ballot; readonly promised: Ballot }
  /** Learner to acceptors: what have you accepted? */
  | { readonly kind: "learn" };

/** What a node keeps on disk: an acceptor its promise and what it has accepted, a proposer the last round that it has used. */
export type PaxosRecord =
  | { readonly kind: "acceptor"; readonly promised: Ballot; readonly accepted: Proposal | null }
  | { readonly kind: "round"; readonly round: number };

/** Single-decree Paxos as a machine. The journal holds a handful of records, of which the last of each kind counts. */
export interface PaxosProtocol extends Protocol {
  readonly message: PaxosMessage;
  readonly request: /** The application would like this value to be chosen. */
    | { readonly kind: "propose"; readonly value: Uint8Array }
    /** The node says this to itself, when it has more than one role. Only it submits this. */
    | { readonly kind: "own"; readonly message: PaxosMessage };
  /** The value that is chosen: told once in each life of the process, and the same to everybody for ever. */
  readonly output: { readonly kind: "chosen"; readonly value: Uint8Array };
  readonly record: PaxosRecord;
  readonly query: never;
  readonly row: never;
}

/** Who takes part in choosing the one value. The same at every node, and fixed. */
export interface PaxosCluster {
  readonly acceptors: readonly PeerId[];
  /** Those who are told what was accepted. Whoever proposes learns as well. */
  readonly learners: readonly PeerId[];
}
