/** Three acceptors as processes with real disks, ended with `kill -9` while clients work: what was committed is there, and the history is linearizable. */
import type { OperationId, ProposerOutput, RegisterOutcome } from "@syncline/consensus/caspaxos";
import { type Random, seededRandom } from "@syncline/machine";
import { describeVerdict, type Operation } from "@syncline/simulator/judges";
import { afterAll, expect, test } from "vitest";
import {
  drawAction,
  judge,
  type ObjectAction,
  objectKeys,
  operationOf,
} from "../consensus/caspaxos/objects.ts";
import {
  type AcceptorCluster,
  createAcceptorCluster,
  type LocalProposer,
} from "./acceptor-cluster.ts";

const CLIENTS = 6;
const KILLS = 10;

let cluster: AcceptorCluster | null = null;
afterAll(() => cluster?.end());

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Desk {
  /** Asks until there is an end that is certain, or no more tries. */
  ask(key: string, id: OperationId, action: ObjectAction): Promise<RegisterOutcome | null>;
  stop(): void;
}

/** Three proposers, of whom an operation asks one after the other. */
const openDesk = (acceptors: AcceptorCluster): Desk => {
  const waiting = new Map<string, (outcome: RegisterOutcome) => void>();
  const nameOf = ({ client, number }: OperationId): string => `${client}/${number}`;
  const told = (output: ProposerOutput): void => {
    if (output.kind === "outcome") waiting.get(nameOf(output.id))?.(output.outcome);
  };
  const proposers: readonly LocalProposer[] = ["p", "q", "r"].map((name) =>
    acceptors.propose(name, `${name}.${Date.now()}`, told),
  );
  const once = (
    proposer: LocalProposer,
    operation: { key: string; id: OperationId; action: ObjectAction; since: number | null },
  ): Promise<RegisterOutcome> =>
    new Promise((resolve) => {
      const { key, id, action, since } = operation;
      waiting.set(nameOf(id), resolve);
      proposer.runtime.submitted(
        action.kind === "read" ? { kind: "read", key, id } : { ...action, key, id, since },
      );
    });
  return {
    ask: async (key, id, action) => {
      let since: number | null = null;
      for (let tries = 0; tries < 5; tries += 1) {
        const proposer = proposers[(id.number + tries) % proposers.length]!;
        const outcome: RegisterOutcome = await once(proposer, { key, id, action, since });
        if (outcome.kind === "unknown") {
          if (outcome.isForgotten) return null;
          since = Math.min(since ?? outcome.since, outcome.since);
        } else if (outcome.kind === "committed" || since === null || outcome.reason === "change") {
          return outcome;
        }
      }
      return null;
    },
    stop: () => proposers.forEach((proposer) => proposer.stop()),
  };
};

test(`${KILLS} kills lose nothing that was committed, and the history is linearizable`, async () => {
  const acceptors = await createAcceptorCluster();
  cluster = acceptors;
  await Promise.all(acceptors.names.map((name) => acceptors.start(name)));
  const desk = openDesk(acceptors);
  const history: Operation[] = [];
  let isOver = false;

  const work = async (client: string, random: Random): Promise<void> => {
    for (let number = 1; !isOver; number += 1) {
      const key = random.pick(objectKeys);
      const action = drawAction(key, `${client}${number}`, client, random);
      const callTime = performance.now();
      const outcome = await desk.ask(key, { client, number }, action);
      const end = outcome === null ? null : { time: performance.now(), outcome };
      history.push(operationOf({ client, key, callTime }, action, end));
      await wait(random.integer(0, 20));
    }
  };
  const killing = async (random: Random): Promise<void> => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await wait(random.integer(50, 250));
      const name = random.pick(acceptors.names);
      await acceptors.kill(name);
      await acceptors.start(name);
    }
    isOver = true;
  };
  await Promise.all([
    killing(seededRandom(1)),
    ...Array.from({ length: CLIENTS }, (_, index) => work(`k${index}`, seededRandom(index + 2))),
  ]);
  // All of them at once, so that only the disks know.
  await Promise.all(acceptors.names.map((name) => acceptors.kill(name)));
  await Promise.all(acceptors.names.map((name) => acceptors.start(name)));
  for (const [index, key] of objectKeys.entries()) {
    const id = { client: "last", number: index + 1 };
    const action = drawReading(key);
    const callTime = performance.now();
    const outcome = await desk.ask(key, id, action);
    const end = outcome === null ? null : { time: performance.now(), outcome };
    history.push(operationOf({ client: "last", key, callTime }, action, end));
  }
  desk.stop();

  const returnedCount = history.filter(({ outcome }) => outcome.kind === "returned").length;
  const verdicts = judge(history);
  expect(verdicts.filter(({ kind }) => kind === "violated").map(describeVerdict)).toEqual([]);
  expect(returnedCount).toBeGreaterThan(200);
});

const drawReading = (key: string): ObjectAction =>
  key === "s1" ? { kind: "change", change: { kind: "next", tag: "last" } } : { kind: "read" };
