/**
 * The objects of the judges' models once more, as plainly as they can be written: one state at a time, every way in which an operation can
 * end as a list. No state stands for several, so numbers that may skip go up to a bound that no history here comes near.
 */
import type { Random } from "@syncline/machine";
import type {
  ClaimInput,
  ClaimOutput,
  CounterInput,
  CounterOutput,
  LockInput,
  LockOutput,
  RegisterInput,
  RegisterOutput,
  SequenceInput,
  SequenceOutput,
  VersionedInput,
  VersionedOutput,
} from "@syncline/simulator/judges";

/** One way in which an operation can end. */
interface Ending<State, Output> {
  readonly output: Output;
  readonly state: State;
}

/** An object, and how to draw operations on it. */
export interface ConcreteObject<State, Input, Output> {
  readonly initial: State;
  readonly endings: (state: State, input: Input) => readonly Ending<State, Output>[];
  /** `step` counts the operations of a history, from 0. */
  readonly drawInput: (random: Random, client: string, step: number) => Input;
  /** Another output than the object gave, perhaps by chance the same. */
  readonly drawOutput: (random: Random, input: Input) => Output;
}

const NUMBER_MAX = 12;
const clients = ["a", "b", "c"];

/** The numbers above this one. */
const above = (number: number): readonly number[] =>
  Array.from({ length: Math.max(0, NUMBER_MAX - number) }, (_, index) => number + 1 + index);

/** A register; with unique values, or with three that come again and again. */
export const concreteRegister = (
  hasUniqueValues: boolean,
): ConcreteObject<unknown, RegisterInput, RegisterOutput> => ({
  initial: null,
  endings: (state, input) =>
    input.kind === "read" ? [{ output: state, state }] : [{ output: null, state: input.value }],
  drawInput: (random, _, step) =>
    random.chance(0.6)
      ? { kind: "read" }
      : { kind: "write", value: hasUniqueValues ? step + 1 : random.integer(1, 4) },
  drawOutput: (random, input) => (input.kind === "write" ? null : random.pick([null, 1, 2, 3, 4])),
});

interface Versioned {
  readonly value: unknown;
  readonly version: number;
}

/** A versioned register, of which one version in five is skipped when outputs are drawn. */
export const concreteVersioned: ConcreteObject<Versioned, VersionedInput, VersionedOutput> = {
  initial: { value: null, version: 0 },
  endings: (state, input) => {
    if (input.kind === "read") return [{ output: { kind: "value", ...state }, state }];
    if (input.kind === "compare-and-set" && input.expectedVersion !== state.version) {
      return [{ output: { kind: "conflict", ...state }, state }];
    }
    return above(state.version).map((version) => ({
      output: { kind: "stored", version },
      state: { value: input.value, version },
    }));
  },
  drawInput: (random) => {
    const value = random.integer(1, 3);
    const kind = random.pick(["read", "write", "compare-and-set", "compare-and-set"] as const);
    return kind === "compare-and-set"
      ? { kind, value, expectedVersion: random.integer(0, 4) }
      : { kind, value };
  },
  drawOutput: (random, input) => {
    const version = random.integer(0, 5);
    if (input.kind === "read") return { kind: "value", value: random.integer(1, 3), version };
    if (input.kind === "write" || random.chance(0.5)) return { kind: "stored", version };
    return random.chance(0.5) ? { kind: "conflict", version } : { kind: "conflict" };
  },
};

/** A claim. */
export const concreteClaim: ConcreteObject<string | null, ClaimInput, ClaimOutput> = {
  initial: null,
  endings: (owner, input) => {
    if (input.kind === "look") return [{ output: { kind: "owner", owner }, state: owner }];
    if (input.kind === "claim") {
      return owner === null || owner === input.owner
        ? [{ output: { kind: "granted" }, state: input.owner }]
        : [{ output: { kind: "taken", owner }, state: owner }];
    }
    return owner === input.owner
      ? [{ output: { kind: "released" }, state: null }]
      : [{ output: { kind: "not-owner" }, state: owner }];
  },
  drawInput: (random, owner) => {
    const kind = random.pick(["claim", "claim", "release", "look"] as const);
    return kind === "look" ? { kind } : { kind, owner };
  },
  drawOutput: (random, input) => {
    if (input.kind === "look") {
      return { kind: "owner", owner: random.pick([null, ...clients]) };
    }
    if (input.kind === "release") return { kind: random.pick(["released", "not-owner"] as const) };
    const owner = random.pick(clients);
    return random.pick([
      { kind: "granted" },
      { kind: "taken" },
      { kind: "taken", owner },
    ] satisfies ClaimOutput[]);
  },
};

interface Lock {
  readonly holder: string | null;
  readonly token: number;
  readonly accepted: number;
}

const lockEndings = (state: Lock, input: LockInput): readonly Ending<Lock, LockOutput>[] => {
  const { holder, token, accepted } = state;
  switch (input.kind) {
    case "acquire":
      return holder === null
        ? above(token).map((next) => ({
            output: { kind: "granted", token: next },
            state: { ...state, holder: input.owner, token: next },
          }))
        : [{ output: { kind: "held", owner: holder }, state }];
    case "renew":
    case "release":
      if (holder !== input.owner || token !== input.token) {
        return [{ output: { kind: "lost" }, state }];
      }
      return input.kind === "renew"
        ? [{ output: { kind: "renewed" }, state }]
        : [{ output: { kind: "released" }, state: { ...state, holder: null } }];
    case "use": {
      const isAcceptable = input.token >= 1 && input.token >= accepted && input.token <= token;
      const mustAccept = holder !== null && input.token === token;
      return [
        ...(isAcceptable
          ? [{ output: { kind: "accepted" }, state: { ...state, accepted: input.token } } as const]
          : []),
        ...(mustAccept ? [] : [{ output: { kind: "rejected" }, state } as const]),
      ];
    }
  }
};

/** A lock, or a lease, which may end before any operation. */
export const concreteLock = (canExpire: boolean): ConcreteObject<Lock, LockInput, LockOutput> => ({
  initial: { holder: null, token: 0, accepted: 0 },
  endings: (state, input) => {
    const mayHaveExpired = canExpire && state.holder !== null;
    return [state, ...(mayHaveExpired ? [{ ...state, holder: null }] : [])].flatMap((possible) =>
      lockEndings(possible, input),
    );
  },
  drawInput: (random, owner) => {
    const kind = random.pick(["acquire", "acquire", "release", "use", "renew"] as const);
    const token = random.integer(1, 4);
    if (kind === "acquire") return { kind, owner };
    return kind === "use" ? { kind, token } : { kind, owner, token };
  },
  drawOutput: (random, input) => {
    switch (input.kind) {
      case "acquire":
        if (random.chance(0.5)) return { kind: "granted", token: random.integer(1, 5) };
        return random.chance(0.5)
          ? { kind: "held" }
          : { kind: "held", owner: random.pick(clients) };
      case "renew":
        return { kind: random.pick(["renewed", "lost"] as const) };
      case "release":
        return { kind: random.pick(["released", "lost"] as const) };
      case "use":
        return { kind: random.pick(["accepted", "rejected"] as const) };
    }
  },
});

/** A counter with three units. */
export const concreteCounter = (
  mayRefuse: boolean,
): ConcreteObject<number, CounterInput, CounterOutput> => ({
  initial: 3,
  endings: (remaining, input) => {
    if (input.kind === "read") {
      return [{ output: { kind: "remaining", remaining }, state: remaining }];
    }
    const after = input.kind === "reserve" ? remaining - input.count : remaining + input.count;
    const isPossible = after >= 0 && after <= 3;
    const isRefusable = !isPossible || (mayRefuse && input.kind === "reserve");
    return [
      ...(isPossible
        ? [{ output: { kind: "done", remaining: after }, state: after } as const]
        : []),
      ...(isRefusable
        ? [{ output: { kind: "refused", remaining }, state: remaining } as const]
        : []),
    ];
  },
  drawInput: (random) => {
    const kind = random.pick(["reserve", "reserve", "cancel", "read"] as const);
    return kind === "read" ? { kind } : { kind, count: random.integer(1, 4) };
  },
  drawOutput: (random, input) => {
    const remaining = random.integer(-1, 5);
    if (input.kind === "read") return { kind: "remaining", remaining };
    const kind = random.pick(["done", "refused"] as const);
    return random.chance(0.5) ? { kind } : { kind, remaining };
  },
});

/** A sequence. */
export const concreteSequence = (
  gaps: "gapless" | "may-skip",
): ConcreteObject<number, SequenceInput, SequenceOutput> => ({
  initial: 0,
  endings: (last, { count = 1 }) =>
    (gaps === "gapless" ? [last + 1] : above(last)).map((first) => ({
      output: first,
      state: first + count - 1,
    })),
  drawInput: (random) =>
    random.chance(0.7) ? { kind: "next" } : { kind: "next", count: random.integer(1, 3) },
  drawOutput: (random) => random.integer(1, 8),
});
