/** What clients do with registers in the simulation: five kinds of objects, each with a model that judges its history. */
import type { Applied, RegisterOutcome } from "@syncline/consensus/caspaxos";
import type { Random } from "@syncline/machine";
import {
  claimModel,
  counterModel,
  judgeLinearizability,
  type Operation,
  registerModel,
  sequenceModel,
  type Verdict,
  versionedModel,
} from "@syncline/simulator/judges";

/** What a change does. `tag` is another one for each operation: it leads through the value's past. */
export type ObjectChange = { readonly tag: string } & (
  | { readonly kind: "write"; readonly value: string }
  | {
      readonly kind: "compare-and-set";
      readonly expectedVersion: number;
      readonly value: string;
    }
  | { readonly kind: "put"; readonly value: string }
  | { readonly kind: "claim" | "release"; readonly owner: string }
  | { readonly kind: "reserve" | "cancel"; readonly count: number }
  | { readonly kind: "next" }
);

/** What is asked of a register. */
export type ObjectAction =
  | { readonly kind: "change"; readonly change: ObjectChange }
  | { readonly kind: "delete" }
  | { readonly kind: "read" };

/** The first letter of a key says which object it is. */
export const objectKeys: readonly string[] = ["v1", "v2", "r1", "r2", "c1", "n1", "s1"];

const LIMIT = 5;

interface Stored {
  readonly body: unknown;
  /** Where the value comes from: see `Past`. */
  readonly past: string;
}

/** The past of values: for each tag the one before, in this life of the register. */
export type Past = Map<string, string>;

/** The value of an object, as bytes. */
export const readStored = (value: Uint8Array | null): Stored | null =>
  value === null ? null : (JSON.parse(new TextDecoder().decode(value)) as Stored);

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The function that proposers apply. It notes in `pasts` where each value came from. */
export const applierOf =
  (pasts: Past) =>
  (value: Uint8Array | null, change: ObjectChange): Applied => {
    const stored = readStored(value);
    const after = bodyAfter(stored?.body ?? null, change);
    if ("refusal" in after) return { kind: "reject", result: bytesOf(after.refusal) };
    // One operation may be applied to several values, of which one is committed at most: so the past is part of the name.
    const past = `${change.tag}<${hashOf(stored?.past ?? "")}`;
    pasts.set(past, stored?.past ?? "");
    return {
      kind: "write",
      value: bytesOf({ body: after.body, past }),
      result: bytesOf(after.result),
    };
  };

const hashOf = (text: string): string => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
};

type After = { readonly body: unknown; readonly result: unknown } | { readonly refusal: unknown };

interface Versioned {
  readonly version: number;
  readonly value: string | null;
}

const bodyAfter = (body: unknown, change: ObjectChange): After => {
  switch (change.kind) {
    case "write":
    case "compare-and-set": {
      const { version, value } = (body ?? { version: 0, value: null }) as Versioned;
      if (change.kind === "compare-and-set" && change.expectedVersion !== version) {
        return { refusal: { kind: "conflict", version, value } };
      }
      const next = { version: version + 1, value: change.value };
      return { body: next, result: { kind: "stored", version: next.version } };
    }
    case "put":
      return { body: change.value, result: null };
    case "claim":
      if (body !== null && body !== "" && body !== change.owner) {
        return { refusal: { kind: "taken", owner: body } };
      }
      return { body: change.owner, result: { kind: "granted" } };
    case "release":
      if (body !== change.owner) return { refusal: { kind: "not-owner" } };
      return { body: "", result: { kind: "released" } };
    case "reserve":
    case "cancel": {
      const left = (body ?? LIMIT) as number;
      const remaining = left + (change.kind === "reserve" ? -change.count : change.count);
      const isPossible = remaining >= 0 && remaining <= LIMIT;
      return isPossible
        ? { body: remaining, result: { kind: "done", remaining } }
        : { refusal: { kind: "refused", remaining: left } };
    }
    case "next": {
      const number = ((body ?? 0) as number) + 1;
      return { body: number, result: number };
    }
  }
};

/** What a client does next with this key. */
export const drawAction = (
  key: string,
  tag: string,
  client: string,
  random: Random,
): ObjectAction => {
  const change = (one: ObjectChange): ObjectAction => ({ kind: "change", change: one });
  if (random.chance(0.3)) return key === "s1" ? change({ kind: "next", tag }) : { kind: "read" };
  switch (key.charAt(0)) {
    case "v":
      return random.chance(0.5)
        ? change({ kind: "write", tag, value: tag })
        : change({
            kind: "compare-and-set",
            tag,
            value: tag,
            expectedVersion: random.integer(0, 8),
          });
    case "r":
      return random.chance(0.35) ? { kind: "delete" } : change({ kind: "put", tag, value: tag });
    case "c":
      return change({ kind: random.pick(["claim", "release"] as const), tag, owner: client });
    case "n":
      return change({
        kind: random.pick(["reserve", "cancel"] as const),
        tag,
        count: random.integer(1, 4),
      });
    default:
      return change({ kind: "next", tag });
  }
};

/** The operation as its model knows it. */
export const operationOf = (
  called: { readonly client: string; readonly key: string; readonly callTime: number },
  action: ObjectAction,
  end: { readonly time: number; readonly outcome: RegisterOutcome } | null,
): Operation => {
  const outcome = end?.outcome ?? null;
  const isNothingDeleted = action.kind === "delete" && outcome?.kind === "rejected";
  const input = isNothingDeleted ? { kind: "read" } : inputOf(called.key, action);
  if (end === null || outcome === null || outcome.kind === "unknown") {
    return { ...called, input, outcome: { kind: "unknown" } };
  }
  if (outcome.kind === "rejected" && outcome.reason !== "change") {
    return { ...called, input, outcome: { kind: "failed" } };
  }
  const output = outputOf(called.key, action, outcome.result);
  return { ...called, input, outcome: { kind: "returned", time: end.time, output } };
};

const inputOf = (key: string, action: ObjectAction): unknown => {
  if (action.kind === "read") return { kind: key[0] === "c" ? "look" : "read" };
  if (action.kind === "delete") return { kind: "write", value: null };
  const { tag: _tag, ...change } = action.change;
  return change.kind === "put" ? { kind: "write", value: change.value } : change;
};

const outputOf = (key: string, action: ObjectAction, result: Uint8Array | null): unknown => {
  if (action.kind === "delete") return null;
  if (action.kind === "change") return JSON.parse(new TextDecoder().decode(result!));
  const body = readStored(result)?.body ?? null;
  switch (key.charAt(0)) {
    case "v":
      return { kind: "value", ...((body ?? { version: 0, value: null }) as Versioned) };
    case "c":
      return { kind: "owner", owner: body === "" ? null : body };
    case "n":
      return { kind: "remaining", remaining: body ?? LIMIT };
    default:
      return body;
  }
};

/** The verdict on each kind of object. */
export const judge = (operations: readonly Operation[]): readonly Verdict[] => {
  const of = (letter: string): readonly Operation[] =>
    operations.filter(({ key }) => key[0] === letter);
  return [
    judgeLinearizability(of("v"), versionedModel()),
    judgeLinearizability(of("r"), registerModel()),
    judgeLinearizability(of("c"), claimModel()),
    judgeLinearizability(of("n"), counterModel({ limit: LIMIT })),
    judgeLinearizability(of("s"), sequenceModel({ gaps: "gapless" })),
  ];
};
