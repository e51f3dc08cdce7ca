/** What one edge submits in a turn becomes one message: its home then makes one step of it, with one set of records, not one for each keystroke. */
import type { Batch, EdgeMessage } from "@syncline/gossip";
import { atTurnEnd } from "@syncline/websocket";

type Submit = Extract<EdgeMessage, { kind: "submit" }>;

/** More are passed on at once, so that what waits has a limit. */
const BATCHES_MAX = 1000;

/** Passes submits on in order, joined where one goes on where the one before ended. */
export interface SubmitJoiner {
  /** Passed on at the end of the turn at the latest. */
  add(submit: Submit): void;
  /** Passes on what waits: whatever else the edge says comes after it. */
  flush(): void;
}

/** A joiner in front of a session's home. */
export const createSubmitJoiner = (pass: (submit: Submit) => void): SubmitJoiner =>
  new Joiner(pass);

const none: Batch[] = [];

class Joiner implements SubmitJoiner {
  readonly #pass: (submit: Submit) => void;
  #firstNumber = 0;
  /** The shared empty list while nothing waits: a silent session has none of its own. */
  #batches = none;

  constructor(pass: (submit: Submit) => void) {
    this.#pass = pass;
  }

  add(submit: Submit): void {
    if (submit.firstNumber !== this.#firstNumber + this.#batches.length) this.flush();
    if (this.#batches.length === 0) {
      this.#batches = [];
      this.#firstNumber = submit.firstNumber;
      atTurnEnd(() => this.flush());
    }
    this.#batches.push(...submit.batches);
    if (this.#batches.length >= BATCHES_MAX) this.flush();
  }

  flush(): void {
    if (this.#batches.length === 0) return;
    const submit: Submit = {
      kind: "submit",
      firstNumber: this.#firstNumber,
      batches: this.#batches,
    };
    this.#batches = none;
    this.#pass(submit);
  }
}
