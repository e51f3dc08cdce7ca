/** What a register remembers of operations beside a plain twin, which forgets nothing. */
import { type Random, seededRandom } from "@syncline/machine";
import { expect, test } from "vitest";
import { isSameState, recollect, type RegisterState, withResult } from "./register.ts";

const RUNS = 500;
const STEPS = 100;
const clients = ["k", "l", "m", "o"];

interface Done {
  readonly name: string;
  readonly round: number;
  readonly result: number;
}

const empty: RegisterState = { value: null, knownFrom: 0, sessions: [] };

/** A register is used, and now and then somebody asks for an operation that was tried since some round. Returns what was said wrongly. */
const useRegister = (random: Random): readonly string[] => {
  const limits = { clientsMax: random.integer(1, 5), resultsMax: random.integer(1, 4) };
  const done: Done[] = [];
  const wrong: string[] = [];
  let state = empty;
  let round = 0;
  for (let step = 1; step <= STEPS; step += 1) {
    round += random.integer(0, 3);
    const client = random.pick(clients);
    const number = random.integer(1, 1 + Math.ceil(step / 2));
    const name = `${client}/${number}`;
    const before = done.find((one) => one.name === name);
    // Whoever asks again says a round that is not later than the one in which it was applied.
    const since = before === undefined ? null : random.integer(0, before.round + 1);
    const found = recollect(state, { client, number }, since, 0);
    if (found.kind === "new" && before !== undefined) wrong.push(`${name} would be applied twice`);
    if (found.kind === "applied" && found.result[0] !== before?.result) {
      wrong.push(`${name} has another result`);
    }
    if (found.kind !== "new" || before !== undefined) continue;
    round = Math.max(round, 1);
    const result = random.integer(0, 256);
    const bytes = Uint8Array.of(result);
    state = withResult(
      state,
      { value: bytes, result: bytes, id: { client, number }, round },
      limits,
    );
    done.push({ name, round, result });
    if (state.sessions.length > limits.clientsMax) wrong.push("it remembers too many clients");
    if (state.sessions.some(({ results }) => results.length > limits.resultsMax)) {
      wrong.push("it remembers too many results");
    }
  }
  return wrong;
};

test(`an operation is never applied twice, and never has another's result, in ${RUNS * STEPS} steps`, () => {
  const random = seededRandom(1);
  const wrong: string[] = [];
  for (let run = 0; run < RUNS; run += 1) wrong.push(...useRegister(random.fork(`run ${run}`)));

  expect(wrong).toEqual([]);
});

test("an operation that is recorded already stops the proposer", () => {
  const change = {
    value: null,
    result: new Uint8Array(0),
    id: { client: "k", number: 1 },
    round: 2,
  };
  const limits = { clientsMax: 2, resultsMax: 2 };
  const state = withResult(empty, change, limits);

  expect(() => withResult(state, change, limits)).toThrow("an operation is applied twice");
  expect(() =>
    withResult(state, { ...change, id: { client: "l", number: 1 }, round: 1 }, limits),
  ).toThrow("an earlier round");
});

test("states are the same if nothing of them differs", () => {
  const session = {
    client: "k",
    round: 1,
    droppedTo: 0,
    results: [{ number: 1, result: Uint8Array.of(1) }],
  };
  const state: RegisterState = { value: Uint8Array.of(1, 2), knownFrom: 3, sessions: [session] };
  const others: readonly Partial<RegisterState>[] = [
    { value: null },
    { value: Uint8Array.of(1) },
    { value: Uint8Array.of(1, 3) },
    { knownFrom: 4 },
    { sessions: [] },
    { sessions: [{ ...session, client: "l" }] },
    { sessions: [{ ...session, round: 2 }] },
    { sessions: [{ ...session, droppedTo: 1 }] },
    { sessions: [{ ...session, results: [] }] },
    { sessions: [{ ...session, results: [{ number: 2, result: Uint8Array.of(1) }] }] },
    { sessions: [{ ...session, results: [{ number: 1, result: Uint8Array.of(2) }] }] },
  ];

  expect(isSameState(state, structuredClone(state))).toBe(true);
  expect(others.filter((other) => isSameState(state, { ...state, ...other }))).toEqual([]);
});
