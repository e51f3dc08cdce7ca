/** The shape of a protocol: what goes in, what comes out, and what the two promise each other. The README tells the contract in full. */

/** The name of somebody a machine exchanges messages with. Only equality matters. */
export type PeerId = string;

/** The six kinds of data that a protocol deals in; each machine names its own, and `never` for what it has none of. */
export interface Protocol {
  /** What the local application asks for. */
  readonly request: unknown;
  /** What travels between peers. */
  readonly message: unknown;
  /** What the local application is told. */
  readonly output: unknown;
  /** What goes to stable storage. */
  readonly record: unknown;
  /** What a machine may ask its storage. */
  readonly query: unknown;
  /** A piece of the answer to a query. */
  readonly row: unknown;
}

/** One thing that happened to a machine. */
export type Input<P extends Protocol> =
  /** A time that was asked for has come: perhaps late, perhaps twice, perhaps for nothing. */
  | { readonly kind: "woken" }
  /** A peer sent this. Loss, duplication, delay and reordering are all possible unless the protocol's own connection rules them out. */
  | { readonly kind: "received"; readonly from: PeerId; readonly message: P["message"] }
  /** The local application, or an earlier `then`, says this. */
  | { readonly kind: "submitted"; readonly request: P["request"] }
  /** The answer to the `load` with this token. Exactly one answer for each load, unless the node stops. */
  | { readonly kind: "loaded"; readonly token: number; readonly rows: readonly P["row"][] };

/** One thing that a machine asks of its runner. */
export type Effect<P extends Protocol> =
  /**
   * Put the records on stable storage, all or none; only when they are there, carry out `then`.
   *
   * Persists finish in the order in which they were asked for, so one without records is a barrier: its `then` waits for all before it.
   */
  | {
      readonly kind: "persist";
      readonly records: readonly P["record"][];
      readonly then: readonly Effect<P>[];
    }
  /** Pass the message on, without promise. */
  | { readonly kind: "send"; readonly to: PeerId; readonly message: P["message"] }
  /** Hand this to the local application, in order. */
  | { readonly kind: "deliver"; readonly output: P["output"] }
  /** Call again at or after this time. A later `wake` does not cancel an earlier one. */
  | { readonly kind: "wake"; readonly atMs: number }
  /** Read from the store and answer with `loaded`. The answer shows at least everything whose `then` was carried out before. */
  | { readonly kind: "load"; readonly token: number; readonly query: P["query"] }
  /** Give this back to the machine as an input of its own; in a `then`, it tells the machine that the records are on disk. */
  | { readonly kind: "submit"; readonly request: P["request"] };

/**
 * A protocol without IO: deterministic, with no clock, no randomness, no `async`.
 *
 * `nowMs` comes from one clock of the runner that never goes back; only differences mean anything.
 */
export interface Machine<P extends Protocol> {
  /** Begins, at a first start (no records) or after a crash, from what the journal says must be known at once. Called once, first. */
  recover(records: readonly P["record"][], nowMs: number): readonly Effect<P>[];
  /** Takes one input and says what to do. Never throws because of what a peer sent; a failed assertion stops the node. */
  step(input: Input<P>, nowMs: number): readonly Effect<P>[];
}
