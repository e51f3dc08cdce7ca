// How long do the judges take? 20,000 operations on 20 keys by 8 clients, as registers with unique values (zones), as registers with few values
// and as the other objects (search), one key with many lost writes, and 200,000 observations of replicated data.
//   npm run build && node bench/judges.mjs
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import {
  claimModel,
  counterModel,
  judgeDurability,
  judgeLinearizability,
  judgeSessions,
  registerModel,
  sequenceModel,
  versionedModel,
} from "@syncline/simulator/judges";
import { seededRandom } from "@syncline/machine";

const RUN_COUNT = 5;

/** Operations of clients that each make one call after the other; `answer` applies one at its moment and gives its output. */
const record = (options, drawInput, answer) => {
  const { operationCount, keyCount, clientCount, lostShare = 0 } = options;
  const random = seededRandom(1);
  const freeTimes = Array.from({ length: clientCount }, () => 0);
  const drafts = Array.from({ length: operationCount }, (_, index) => {
    const client = index % clientCount;
    const callTime = freeTimes[client] + random.integer(0, 10);
    const returnTime = callTime + random.integer(1, 30);
    freeTimes[client] = returnTime + 1;
    const effectTime = callTime + random.fraction() * (returnTime - callTime);
    const key = `k${random.integer(0, keyCount)}`;
    return { client: `c${client}`, key, callTime, returnTime, effectTime, index };
  });
  drafts.sort((left, right) => left.effectTime - right.effectTime);
  const states = new Map();
  return drafts.map(({ client, key, callTime, returnTime, index }) => {
    const input = drawInput(random, index, client);
    const [state, output] = answer(states.get(key), input);
    const isLost = input.kind !== "read" && random.chance(lostShare);
    // Half of the lost ones had no effect.
    if (!isLost || random.chance(0.5)) states.set(key, state);
    const outcome = isLost ? { kind: "unknown" } : { kind: "returned", time: returnTime, output };
    return { client, key, callTime, input, outcome };
  });
};

const usual = { operationCount: 20_000, keyCount: 20, clientCount: 8 };
const readOr = (random, input) => (random.chance(0.5) ? { kind: "read" } : input);
const register = (state = null, input) =>
  input.kind === "read" ? [state, state] : [input.value, null];
const versioned = (state = { value: null, version: 0 }, input) => {
  if (input.kind === "read") return [state, { kind: "value", ...state }];
  if (input.kind === "compare-and-set" && input.expectedVersion !== state.version) {
    return [state, { kind: "conflict", version: state.version }];
  }
  const version = state.version + 1;
  return [
    { value: input.value, version },
    { kind: "stored", version },
  ];
};
const claim = (owner = null, input) => {
  if (input.kind === "look") return [owner, { kind: "owner", owner }];
  if (input.kind === "claim") {
    const isFree = owner === null || owner === input.owner;
    return isFree ? [input.owner, { kind: "granted" }] : [owner, { kind: "taken", owner }];
  }
  return owner === input.owner ? [null, { kind: "released" }] : [owner, { kind: "not-owner" }];
};
const counter = (left = 50, input) => {
  if (input.kind === "read") return [left, { kind: "remaining", remaining: left }];
  const after = input.kind === "reserve" ? left - input.count : left + input.count;
  const isDone = after >= 0 && after <= 50;
  return isDone ? [after, { kind: "done", remaining: after }] : [left, { kind: "refused" }];
};
const sequence = (last = 0) => [last + 1, last + 1];

const uniqueWrites = (random, index) => readOr(random, { kind: "write", value: index });
const fewWrites = (random) => readOr(random, { kind: "write", value: random.integer(0, 5) });
const swaps = (random, index) =>
  readOr(random, {
    kind: "compare-and-set",
    expectedVersion: random.integer(0, 300),
    value: index,
  });
const claims = (random, _, owner) => ({ kind: random.pick(["claim", "release", "look"]), owner });
const reservations = (random) =>
  readOr(random, { kind: random.pick(["reserve", "cancel"]), count: random.integer(1, 5) });
const next = () => ({ kind: "next" });

/** The history with the answer of one read in its middle replaced. */
const spoiled = (operations) => {
  const at = operations.findIndex(
    ({ input, outcome }, index) =>
      index > operations.length / 2 && input.kind === "read" && outcome.kind === "returned",
  );
  return operations.with(at, {
    ...operations[at],
    outcome: { ...operations[at].outcome, output: 4 - (operations[at].outcome.output ?? 0) },
  });
};

/** Sessions that write and read in turn, each seeing everything up to a few writes ago. */
const observe = (count) => {
  const random = seededRandom(2);
  const numbers = new Map();
  return Array.from({ length: count }, (_, time) => {
    const session = `s${time % 8}`;
    if (random.chance(0.5)) {
      const number = (numbers.get(session) ?? 0) + 1;
      numbers.set(session, number);
      const dot = { origin: session, number };
      return random.chance(0.5)
        ? { kind: "write", session, time, dot }
        : { kind: "acknowledgement", session, time, dot, level: "quorum" };
    }
    const seen = new Map([...numbers].map(([origin, number]) => [origin, [[1, number]]]));
    return { kind: "read", session, time, seen, promises: "quorum" };
  });
};

const lostOnOne = { operationCount: 5_000, keyCount: 1, clientCount: 10, lostShare: 0.06 };
const few = record(usual, fewWrites, register);
const observations = observe(200_000);
const cases = [
  ["register, unique values", record(usual, uniqueWrites, register), registerModel()],
  ["register, 5 values", few, registerModel()],
  ["register, 5 values, one wrong read", spoiled(few), registerModel()],
  ["versioned register", record(usual, swaps, versioned), versionedModel()],
  ["claim", record(usual, claims, claim), claimModel()],
  ["bounded counter", record(usual, reservations, counter), counterModel({ limit: 50 })],
  ["sequence", record(usual, next, sequence), sequenceModel({ gaps: "gapless" })],
  [
    "register, 5 values, 5 % lost writes",
    record({ ...usual, lostShare: 0.1 }, fewWrites, register),
    registerModel(),
  ],
  [
    "one key, 5,000 operations, lost writes",
    record(lostOnOne, fewWrites, register),
    registerModel(),
  ],
  ["one key, the same, unique values", record(lostOnOne, uniqueWrites, register), registerModel()],
].map(([name, operations, model]) => {
  const lostCount = operations.filter(({ outcome }) => outcome.kind === "unknown").length;
  return {
    name,
    lostCount,
    count: operations.length,
    judge: () => judgeLinearizability(operations, model).kind,
  };
});
cases.push(
  {
    name: "session guarantees, 8 sessions",
    lostCount: 0,
    count: observations.length,
    judge: () => [...new Set(judgeSessions(observations).map(({ kind }) => kind))].join(" and "),
  },
  {
    name: "acknowledged is durable",
    lostCount: 0,
    count: observations.length,
    judge: () => judgeDurability(observations).kind,
  },
);

const line = (text) => process.stdout.write(`${text}\n`);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
line(
  `${cpus()[0].model}, Node ${process.version}, commit ${commit}, median of ${RUN_COUNT} runs after one`,
);
line("| history | operations | of unknown outcome | verdict | median, ms | least to most |");
line("| --- | --- | --- | --- | --- | --- |");
for (const { name, count, lostCount, judge } of cases) {
  let verdict = judge();
  const times = Array.from({ length: RUN_COUNT }, () => {
    const beginMs = performance.now();
    verdict = judge();
    return performance.now() - beginMs;
  }).sort((left, right) => left - right);
  const [least, median, most] = [times[0], times[RUN_COUNT >> 1], times.at(-1)].map((time) =>
    time.toFixed(0),
  );
  line(`| ${name} | ${count} | ${lostCount} | ${verdict} | ${median} | ${least} to ${most} |`);
}
