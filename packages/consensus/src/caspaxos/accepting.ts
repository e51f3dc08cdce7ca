/** What an acceptor does with a request for one key, once it has the register: the rules of CASPaxos. */
import type { PeerId } from "@syncline/machine";
import { compareBallots, isSameBallot, laterBallot, noBallot } from "../ballot.ts";
import {
  type AcceptorEffect,
  type AcceptorState,
  afterDisk,
  drop,
  eraseRegister,
  type Held,
  promiseOf,
  writeRegister,
} from "./acceptor-state.ts";
import type { AcceptorHead, RegisterRequest, RegisterResponse } from "./messages.ts";
import { isSameState } from "./register.ts";

/** A request with the register that it is about. */
export interface Asked {
  readonly head: AcceptorHead;
  readonly from: PeerId;
  readonly held: Held;
}

/** Answers a request. What others count on waits for the disk; a refusal does not, for it only says how large a ballot must be. */
export const answerRequest = (
  state: AcceptorState,
  request: RegisterRequest,
  asked: Asked,
): readonly AcceptorEffect[] => {
  switch (request.kind) {
    case "prepare":
      return answerPrepare(state, request, asked);
    case "accept":
      return answerAccept(state, request, asked);
    case "read":
      return afterDisk([
        to(asked.from, {
          kind: "reading",
          key: request.key,
          reader: request.reader,
          number: request.number,
          accepted: asked.held.register?.accepted ?? null,
        }),
      ]);
    case "erase":
      return answerErase(state, request, asked);
  }
};

const answerPrepare = (
  state: AcceptorState,
  { key, ballot }: Extract<RegisterRequest, { kind: "prepare" }>,
  { head, from, held }: Asked,
): readonly AcceptorEffect[] => {
  const { register } = held;
  const accepted = register?.accepted ?? null;
  const promise = promiseOf(register, head.floor);
  // The same promise may be given again, for a message may come twice; but not once the ballot has its value.
  const isLater =
    compareBallots(ballot, promise) >= 0 &&
    compareBallots(ballot, accepted?.ballot ?? noBallot) > 0;
  if (!isLater) return conflict({ head, from, held }, { key, ballot });
  const then = [to(from, { kind: "promise", key, ballot, accepted, floor: head.floor })];
  if (register !== null && isSameBallot(ballot, promise)) return afterDisk(then);
  return writeRegister(state, key, held, { promise: ballot, accepted }, then);
};

const answerAccept = (
  state: AcceptorState,
  request: Extract<RegisterRequest, { kind: "accept" }>,
  { head, from, held }: Asked,
): readonly AcceptorEffect[] => {
  const { key, ballot, next } = request;
  const accepted = held.register?.accepted ?? null;
  const then = [to(from, { kind: "accepted", key, ballot })];
  // Come again: a success, and no conflict with itself. A proposer that took it for one would give up what is committed.
  if (accepted !== null && isSameBallot(accepted.ballot, ballot)) {
    // Another value in the same ballot is a proposer's mistake, of which nothing must come.
    return isSameState(accepted.state, request.state) ? afterDisk(then) : drop(state);
  }
  const isLater =
    compareBallots(ballot, promiseOf(held.register, head.floor)) >= 0 &&
    compareBallots(ballot, accepted?.ballot ?? noBallot) > 0;
  if (!isLater) return conflict({ head, from, held }, { key, ballot });
  const after = { promise: next ?? ballot, accepted: { ballot, state: request.state } };
  return writeRegister(state, key, held, after, then);
};

/**
 * Erases a deletion, and with it every ballot of the register but one number: the floor.
 *
 * The proposer asks only once every acceptor has accepted the deletion in this ballot, so nothing older is left anywhere. The floor refuses for ever what
 * is older and still on its way. It takes in the promise as well as the ballot; were it the ballot alone:
 *   1. a and b have promised ballot 60 to q, which has found the deletion of ballot 50;
 *   2. a erases, forgets 60, and promises 55 to r, which has r's value committed by a and c;
 *   3. q has its own value, which knows nothing of r's, committed in 60 by a and b.
 */
const answerErase = (
  state: AcceptorState,
  { key, ballot }: Extract<RegisterRequest, { kind: "erase" }>,
  asked: Asked,
): readonly AcceptorEffect[] => {
  const { head, from, held } = asked;
  const { register } = held;
  const then = [to(from, { kind: "erased", key, ballot })];
  if (register === null && head.floor >= ballot.round) return afterDisk(then);
  const accepted = register?.accepted ?? null;
  const isDeletion =
    accepted !== null && accepted.state.value === null && isSameBallot(accepted.ballot, ballot);
  // Who has accepted nothing has its promise to forget, which the floor keeps.
  const isNothing =
    register !== null && accepted === null && isSameBallot(register.promise, ballot);
  if (register === null || !(isDeletion || isNothing)) return conflict(asked, { key, ballot });
  return eraseRegister(state, head, { key, held, register }, then);
};

const conflict = (
  { head, from, held }: Asked,
  { key, ballot }: Pick<RegisterRequest & { kind: "prepare" }, "key" | "ballot">,
): readonly AcceptorEffect[] => {
  const { register } = held;
  const seen = laterBallot(
    register === null ? { round: head.floor, proposer: "" } : register.promise,
    register?.accepted?.ballot ?? noBallot,
  );
  return [to(from, { kind: "conflict", key, ballot, seen })];
};

const to = (peer: PeerId, message: RegisterResponse): AcceptorEffect => ({
  kind: "send",
  to: peer,
  message,
});
