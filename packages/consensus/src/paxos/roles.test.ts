import { expect, test } from "vitest";
import { type Ballot, noBallot } from "../ballot.ts";
import {
  type AcceptorState,
  answerAccept,
  answerPrepare,
  checkAcceptor,
  newAcceptor,
} from "./acceptor.ts";
import { countVote, newLearner } from "./learner.ts";
import { createPaxosNode } from "./node.ts";
import { beginRound, countPromise, newProposer } from "./proposer.ts";

const ballot = (round: number, proposer = "p"): Ballot => ({ round, proposer });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const proposal = (round: number, value: string) => ({
  ballot: ballot(round),
  value: bytes(value),
});

test("an acceptor promises the same ballot again", () => {
  const first = answerPrepare(newAcceptor, ballot(1));

  expect(answerPrepare(first.state, ballot(1)).message.kind).toBe("promise");
});

test("an acceptor refuses a ballot below its promise, in either phase", () => {
  const { state } = answerPrepare(newAcceptor, ballot(2));

  expect(answerPrepare(state, ballot(1)).message.kind).toBe("conflict");
  expect(answerAccept(state, proposal(1, "x")).message.kind).toBe("conflict");
});

test("an acceptor that has accepted has promised as much", () => {
  const { state } = answerAccept(newAcceptor, proposal(3, "x"));

  expect(state.promised).toEqual(ballot(3));
});

test("of two proposers in one round the later name is larger", () => {
  const { state } = answerPrepare(newAcceptor, ballot(1, "q"));

  expect(answerPrepare(state, ballot(1, "p")).message.kind).toBe("conflict");
});

test("a promise that is taken back stops the node", () => {
  const after: AcceptorState = { promised: ballot(1), accepted: null };

  expect(() => checkAcceptor({ promised: ballot(2), accepted: null }, after)).toThrow(
    "a promise of 2.p is taken back",
  );
});

test("a promise that comes twice counts once", () => {
  const proposer = { ...newProposer(0), wish: bytes("x") };
  const own = beginRound(proposer, "p");
  const promise = { ballot: own, accepted: null };

  expect(countPromise(proposer, "a", promise, 3)).toBeNull();
  expect(countPromise(proposer, "a", promise, 3)).toBeNull();
  expect(countPromise(proposer, "b", promise, 3)).not.toBeNull();
});

test("a proposer proposes the value of the largest ballot among its promises", () => {
  const proposer = { ...newProposer(5), wish: bytes("own") };
  const own = beginRound(proposer, "p");
  countPromise(proposer, "a", { ballot: own, accepted: proposal(2, "later") }, 5);
  countPromise(proposer, "b", { ballot: own, accepted: proposal(1, "earlier") }, 5);

  const made = countPromise(proposer, "c", { ballot: own, accepted: null }, 5);

  expect(made).toEqual({ ballot: ballot(6), value: bytes("later") });
});

test("a learner counts an acceptor once, and votes of one ballot only", () => {
  const learner = newLearner();

  expect(countVote(learner, "a", proposal(1, "x"), 3)).toBeNull();
  expect(countVote(learner, "a", proposal(1, "x"), 3)).toBeNull();
  expect(countVote(learner, "b", proposal(2, "x"), 3)).toBeNull();
  expect(countVote(learner, "a", proposal(2, "x"), 3)).toEqual(bytes("x"));
});

test("two chosen values stop a learner", () => {
  const learner = newLearner();
  for (const acceptor of ["a", "b"]) countVote(learner, acceptor, proposal(1, "x"), 3);
  countVote(learner, "a", proposal(2, "y"), 3);

  expect(() => countVote(learner, "b", proposal(2, "y"), 3)).toThrow("two values are chosen");
});

test("a round is on disk before it is used", () => {
  const node = createPaxosNode({ name: "p", acceptors: ["a"], learners: [], seed: 1 });
  node.recover([{ kind: "round", round: 4 }], 0);

  const [persist] = node.step(
    { kind: "submitted", request: { kind: "propose", value: bytes("x") } },
    0,
  );

  expect(persist).toEqual({
    kind: "persist",
    records: [{ kind: "round", round: 5 }],
    then: [{ kind: "send", to: "a", message: { kind: "prepare", ballot: ballot(5) } }],
  });
});

test("a ballot in another's name is dropped", () => {
  const node = createPaxosNode({ name: "a", acceptors: ["a"], learners: [], seed: 1 });
  node.recover([], 0);
  const message = { kind: "prepare", ballot: ballot(1, "p") } as const;

  expect(node.step({ kind: "received", from: "q", message }, 0)).toEqual([]);
  expect(node.state.droppedCount).toBe(1);
  expect(node.state.acceptor.promised).toEqual(noBallot);
});
