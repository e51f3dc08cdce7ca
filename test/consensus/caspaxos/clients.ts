/** Clients: they ask proposers, ask again with the same number if they hear nothing or nothing certain, and write down what they were told. */
import type { OperationId, RegisterOutcome } from "@syncline/consensus/caspaxos";
import type { Operation } from "@syncline/simulator/judges";
import { operationOf } from "./objects.ts";
import type { Answers, Call, RegisterWorld } from "./register-world.ts";

/** Clients and their history. */
export interface Clients extends Answers {
  /** Calls an operation, at these proposers one after the other. */
  call(call: Call, by: readonly string[]): void;
  /** Every operation so far. */
  history(): readonly Operation[];
  /** How many have been told an end. */
  readonly endedCount: number;
  /** Whether this one is committed or rejected. */
  isEnded(id: OperationId): boolean;
}

interface Called {
  readonly call: Call;
  readonly callTime: number;
  readonly by: readonly string[];
  tryCount: number;
  at: string | null;
  /** Null as long as it was never tried. */
  since: number | null;
  end: { readonly time: number; readonly outcome: RegisterOutcome } | null;
}

const nameOf = ({ client, number }: OperationId): string => `${client}/${number}`;

/** Clients of a cluster. */
export const createClients = (cluster: () => RegisterWorld): Clients => {
  const calls = new Map<string, Called>();

  const tryNext = (called: Called): void => {
    const proposer = called.by[called.tryCount];
    called.tryCount += 1;
    called.at = null;
    if (proposer === undefined) return;
    // It may be answered at once.
    called.at = proposer;
    if (cluster().ask(proposer, called.call, called.since)) return;
    called.at = null;
    retryLater(called);
  };

  const retryLater = (called: Called): void => {
    const { world } = cluster();
    world.schedule.at(world.nowMs + 50, () => tryNext(called));
  };

  /** What a deletion leaves is erased soon, by anybody. */
  const collectLater = ({ call, by }: Called): void => {
    const { world } = cluster();
    const { number } = call.id;
    const proposer = by[number % by.length];
    if (proposer === undefined) return;
    world.schedule.at(world.nowMs + ((number * 37) % 200), () =>
      cluster().collect(proposer, call.key),
    );
  };

  const clients: Clients = {
    call: (call, by) => {
      const called: Called = {
        call,
        callTime: cluster().world.nowMs,
        by,
        tryCount: 0,
        at: null,
        since: null,
        end: null,
      };
      calls.set(nameOf(call.id), called);
      tryNext(called);
    },
    outcome: (key, id, outcome) => {
      const called = calls.get(nameOf(id));
      if (called === undefined || called.end !== null) return;
      if (called.at === null) throw new Error(`an operation is told twice: ${nameOf(id)}`);
      called.at = null;
      const { world, oracle } = cluster();
      const { action } = called.call;
      if (outcome.kind === "committed" && action.kind !== "read") {
        oracle.committed(key, id, action.kind === "change" ? action.change.tag : null);
      }
      if (outcome.kind === "committed" && action.kind === "delete") collectLater(called);
      if (outcome.kind === "unknown") {
        called.since = Math.min(called.since ?? outcome.since, outcome.since);
        if (!outcome.isForgotten) return retryLater(called);
        called.end = { time: world.nowMs, outcome };
        return;
      }
      // Rejected after a try of unknown outcome: "no quorum" says that nothing was proposed this time, not that nothing ever was.
      if (outcome.kind === "rejected" && outcome.reason !== "change" && called.since !== null) {
        return retryLater(called);
      }
      called.end = { time: world.nowMs, outcome };
    },
    gone: (proposer) => {
      for (const called of calls.values()) {
        if (called.at !== proposer || called.end !== null) continue;
        called.at = null;
        // Its word is lost: the operation may have been proposed in any round.
        called.since = 1;
        retryLater(called);
      }
    },
    history: () =>
      [...calls.values()].map(({ call, callTime, end }) =>
        operationOf({ client: call.id.client, key: call.key, callTime }, call.action, end),
      ),
    get endedCount() {
      return [...calls.values()].filter(({ end }) => end !== null).length;
    },
    isEnded: (id) => (calls.get(nameOf(id))?.end ?? null) !== null,
  };
  return clients;
};
