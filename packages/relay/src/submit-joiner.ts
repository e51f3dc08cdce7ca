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
export const createSubmitJoiner = (pass: (submit: Submit) => void): SubmitJoiner => {
  let firstNumber = 0;
  let batches: Batch[] = [];

  const flush = (): void => {
    if (batches.length === 0) return;
    const submit: Submit = { kind: "submit", firstNumber, batches };
    batches = [];
    pass(submit);
  };

  return {
    add: (submit) => {
      if (submit.firstNumber !== firstNumber + batches.length) flush();
      if (batches.length === 0) {
        firstNumber = submit.firstNumber;
        atTurnEnd(flush);
      }
      batches.push(...submit.batches);
      if (batches.length >= BATCHES_MAX) flush();
    },
    flush,
  };
};
