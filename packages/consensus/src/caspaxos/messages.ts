/** What proposers and acceptors say to each other (Rystsov, CASPaxos, 2018), and what an acceptor keeps. */
import type { Protocol } from "@syncline/machine";
import type { Ballot } from "../ballot.ts";
import type { RegisterConfig } from "./config.ts";
import type { Accepted, OperationId, Register, RegisterState } from "./register.ts";

/** From a proposer to an acceptor. Each bears the epoch of the proposer's configuration. */
export type RegisterRequest =
  | {
      readonly kind: "prepare";
      readonly epoch: number;
      readonly key: string;
      readonly ballot: Ballot;
    }
  /** `next` is promised by whoever accepts, so that the next change of the same proposer needs no prepare; null if none is wanted. */
  | {
      readonly kind: "accept";
      readonly epoch: number;
      readonly key: string;
      readonly ballot: Ballot;
      readonly state: RegisterState;
      readonly next: Ballot | null;
    }
  /** What have you accepted? Promises nothing. The answer bears the same `reader`, which is the proposer's incarnation, and the same number, which is its own. */
  | {
      readonly kind: "read";
      readonly epoch: number;
      readonly key: string;
      readonly reader: string;
      readonly number: number;
    }
  /** Forget the register, if what it holds is the deletion of this ballot, which every acceptor has accepted; or no more than the promise of it. */
  | {
      readonly kind: "erase";
      readonly epoch: number;
      readonly key: string;
      readonly ballot: Ballot;
    };

/** From an acceptor to a proposer. */
export type RegisterResponse =
  /** `floor` is the largest round of anything that this acceptor has erased. */
  | {
      readonly kind: "promise";
      readonly key: string;
      readonly ballot: Ballot;
      readonly accepted: Accepted | null;
      readonly floor: number;
    }
  | { readonly kind: "accepted"; readonly key: string; readonly ballot: Ballot }
  /** Not in this ballot: `seen` is the largest that it has promised or accepted. */
  | {
      readonly kind: "conflict";
      readonly key: string;
      readonly ballot: Ballot;
      readonly seen: Ballot;
    }
  | {
      readonly kind: "reading";
      readonly key: string;
      readonly reader: string;
      readonly number: number;
      readonly accepted: Accepted | null;
    }
  | { readonly kind: "erased"; readonly key: string; readonly ballot: Ballot }
  /** The acceptor obeys this epoch and no other. */
  | { readonly kind: "stale"; readonly epoch: number };

/** A row as it is copied to a new acceptor. */
export interface CopiedRegister {
  readonly key: string;
  readonly register: Register;
}

/** Between acceptors, when one of them is replaced. */
export type ReplacementMessage =
  /** Obey this configuration, and no earlier one. */
  | { readonly kind: "fence"; readonly config: RegisterConfig }
  | { readonly kind: "fenced"; readonly epoch: number }
  /** What comes after this key in your store? */
  | { readonly kind: "copy"; readonly epoch: number; readonly afterKey: string | null }
  | {
      readonly kind: "copied";
      readonly epoch: number;
      readonly afterKey: string | null;
      readonly rows: readonly CopiedRegister[];
      readonly isLast: boolean;
      readonly floor: number;
    };

/** A message. */
export type RegisterMessage = RegisterRequest | RegisterResponse | ReplacementMessage;

/** What an acceptor must know at once. */
export interface AcceptorHead {
  readonly kind: "head";
  /** Of the directory that it is on. What another one wrote is not this acceptor's. */
  readonly incarnation: string;
  readonly config: RegisterConfig;
  /** The largest round of anything that was erased: every key of which there is no row has promised it. */
  readonly floor: number;
}

/** What an acceptor keeps on disk. `recover` gets the head alone; rows are read by `load`. */
export type AcceptorRecord =
  | AcceptorHead
  | {
      readonly kind: "register";
      readonly incarnation: string;
      readonly key: string;
      readonly register: Register;
    }
  | { readonly kind: "no-register"; readonly incarnation: string; readonly key: string };

/** What an acceptor asks its store: one register, or a page of them in the store's own order. */
export type AcceptorQuery =
  | { readonly kind: "register"; readonly incarnation: string; readonly key: string }
  | {
      readonly kind: "registers";
      readonly incarnation: string;
      /** The first that is out; null if all are in. */
      readonly afterKey: string | null;
      readonly bytesMax: number;
    };

/** What an acceptor is asked by its own process. */
export type AcceptorRequest =
  /** Take the place of an acceptor that is lost: the configuration is the next one, and this acceptor is in it. */
  | { readonly kind: "replace"; readonly config: RegisterConfig }
  /** It says this to itself, when a register is on disk. */
  | { readonly kind: "persisted"; readonly key: string };

/** What an acceptor tells its process. */
export type AcceptorOutput =
  /** It has taken its place: proposers are to be given this configuration. */
  { readonly kind: "replaced"; readonly config: RegisterConfig };

/** An acceptor as a machine. */
export interface AcceptorProtocol extends Protocol {
  readonly message: RegisterMessage;
  readonly request: AcceptorRequest;
  readonly output: AcceptorOutput;
  readonly record: AcceptorRecord;
  readonly query: AcceptorQuery;
  readonly row: CopiedRegister;
}

/** What a proposer is asked by its application. `Change` is the application's own data. */
export type ProposerRequest<Change> =
  /** `since` is null at the first try, and what an `unknown` outcome said at a further one. */
  | {
      readonly kind: "change";
      readonly key: string;
      readonly id: OperationId;
      readonly since: number | null;
      readonly change: Change;
    }
  | {
      readonly kind: "delete";
      readonly key: string;
      readonly id: OperationId;
      readonly since: number | null;
    }
  | { readonly kind: "read"; readonly key: string; readonly id: OperationId }
  /** Erase what a deletion has left, if nothing came after it, or the promises for a key that never was. Needs every acceptor. */
  | { readonly kind: "collect"; readonly key: string }
  | { readonly kind: "configure"; readonly config: RegisterConfig };

/** Why an operation was rejected. It has had no effect, and will have none. */
export type Rejection = "change" | "busy" | "too-large" | "no-quorum";

/** What came of an operation. */
export type RegisterOutcome =
  /** Applied once, on the disks of an accept quorum. For a read, `result` is the value, null if there is none. */
  | { readonly kind: "committed"; readonly result: Uint8Array | null }
  /** With `change`, `result` is what the change gave for a reason. */
  | { readonly kind: "rejected"; readonly reason: Rejection; readonly result: Uint8Array | null }
  /**
   * Perhaps applied, perhaps not, perhaps later. Asking again with the same id and this `since` gives the result, and applies it at most once;
   * unless it `isForgotten`: then the register does not know any more.
   */
  | { readonly kind: "unknown"; readonly since: number; readonly isForgotten: boolean };

/** What a proposer tells its application. */
export type ProposerOutput =
  | {
      readonly kind: "outcome";
      readonly key: string;
      readonly id: OperationId;
      readonly outcome: RegisterOutcome;
    }
  | { readonly kind: "collected"; readonly key: string; readonly isErased: boolean }
  /** Acceptors obey a later epoch: somebody must say which configuration that is. */
  | { readonly kind: "stale"; readonly epoch: number };

/** A proposer as a machine. It keeps nothing on disk: its incarnation is new in each process. */
export interface ProposerProtocol<Change> extends Protocol {
  readonly message: RegisterMessage;
  readonly request: ProposerRequest<Change>;
  readonly output: ProposerOutput;
  readonly record: never;
  readonly query: never;
  readonly row: never;
}
