/** What can go wrong with a value that is neither a bug nor malformed bytes. */

/**
 * - `NO_RIGHTS`: a bounded counter has not enough rights here; get some by `transfer`, or take less.
 * - `CLONED_REPLICA`: two devices write under one replica id. One of them must take a new id and offer its changes as new ones.
 * - `BELOW_FENCE`: the message is of before a replica was folded. Its sender must fetch the state and rebase what it had not sent.
 * - `ABOVE_FENCE`: the message is of after a replica was folded, which is not known here yet. Fetch the state.
 * - `RETIRED`: the replica was retired. It must take a new id and rebase.
 */
export type CrdtErrorCode =
  | "NO_RIGHTS"
  | "CLONED_REPLICA"
  | "BELOW_FENCE"
  | "ABOVE_FENCE"
  | "RETIRED";

/** A refusal with a stable `code`. Whatever was refused changed nothing. */
export class CrdtError extends Error {
  override readonly name = "CrdtError";
  readonly code: CrdtErrorCode;

  constructor(code: CrdtErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
