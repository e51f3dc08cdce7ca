/**
 * A lock or lease with fencing tokens, together with what it guards.
 *
 * A lease alone excludes nobody: its holder may sleep past its end and write afterwards. So every grant has a higher token, and the guarded resource
 * refuses a token that is lower than one that it has accepted (Kleppmann, "How to do distributed locking", 2016; Burrows 2006, §2.4: sequencers).
 */
import { fieldsOf, isAbsentOr, isOfKind, isText, isWhole } from "./json.ts";
import type { Description, Model } from "./model.ts";

/** What can be asked of a lock, and `use`: a write to what it guards, with the token that the writer believes in. */
export type LockInput =
  | { readonly kind: "acquire"; readonly owner: string }
  | { readonly kind: "renew"; readonly owner: string; readonly token: number }
  | { readonly kind: "release"; readonly owner: string; readonly token: number }
  | { readonly kind: "use"; readonly token: number };

/** `held` answers an acquire, and may say by whom. `lost` answers a renewal or release by who does not hold it with this token. */
export type LockOutput =
  | { readonly kind: "granted"; readonly token: number }
  | { readonly kind: "held"; readonly owner?: string }
  | { readonly kind: "renewed" }
  | { readonly kind: "released" }
  | { readonly kind: "lost" }
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected" };

/** Who holds it, which token was granted last, and the highest that the resource has accepted. */
export interface LockState {
  /** `unknown` stands for free and for every holder. */
  readonly holder:
    | { readonly kind: "free" }
    | { readonly kind: "held"; readonly owner: string }
    | { readonly kind: "unknown" };
  /** The last token granted, at least and at most: a grant that nobody heard of has some higher one. */
  readonly tokenMin: number;
  readonly tokenMax: number;
  /** At least and at most, as far as it is known. */
  readonly acceptedMin: number;
  readonly acceptedMax: number;
}

/** How a lock may behave. */
export interface LockOptions {
  /** Whether it is a lease, which may end at any moment without being released. */
  readonly canExpire: boolean;
}

/** A lock that is free, with token 0 as the last granted. Whoever holds it is refused a second grant, unless the first may have expired. */
export const lockModel = ({ canExpire }: LockOptions): Model<LockState, LockInput, LockOutput> => ({
  name: canExpire ? "lease" : "lock",
  initial: { holder: { kind: "free" }, tokenMin: 0, tokenMax: 0, acceptedMin: 0, acceptedMax: 0 },
  anything: {
    holder: { kind: "unknown" },
    tokenMin: 0,
    tokenMax: Infinity,
    acceptedMin: 0,
    acceptedMax: Infinity,
  },
  isInput: isLockInput,
  isOutput: isLockOutput,
  step: (state, input, output) => {
    switch (input.kind) {
      case "acquire":
        return afterAcquire(state, input.owner, output, canExpire);
      case "renew":
      case "release":
        return afterHolding(state, input, output, canExpire);
      case "use":
        return afterUse(state, input.token, output, canExpire);
    }
  },
  keyOf: (state) =>
    `${state.tokenMin}-${state.tokenMax} ${state.acceptedMin}-${state.acceptedMax} ${holderKey(state)}`,
  contains: (larger, smaller) =>
    (larger.holder.kind === "unknown" || holderKey(larger) === holderKey(smaller)) &&
    larger.tokenMin <= smaller.tokenMin &&
    larger.tokenMax >= smaller.tokenMax &&
    larger.acceptedMin <= smaller.acceptedMin &&
    larger.acceptedMax >= smaller.acceptedMax,
  isReading: (_, output) => isOfKind(output, "held", "renewed", "lost", "rejected"),
  overwrites: () => false,
  describe: describeLock,
});

const holderKey = ({ holder }: LockState): string =>
  holder.kind === "held" ? `held ${JSON.stringify(holder.owner)}` : holder.kind;

const isHeldBy = ({ holder }: LockState, owner: string): boolean =>
  holder.kind === "held" && holder.owner === owner;

const mayBeHeldBy = (state: LockState, owner: string): boolean =>
  state.holder.kind === "unknown" || isHeldBy(state, owner);

const freed = (state: LockState): LockState => ({ ...state, holder: { kind: "free" } });

const heldBy = (state: LockState, owner: string): LockState => ({
  ...state,
  holder: { kind: "held", owner },
});

const afterAcquire = (
  state: LockState,
  owner: string,
  output: LockOutput | undefined,
  canExpire: boolean,
): readonly LockState[] => {
  const isGrantable = canExpire || state.holder.kind !== "held";
  const granted = { ...heldBy(state, owner), tokenMin: state.tokenMin + 1, tokenMax: Infinity };
  switch (output?.kind) {
    case undefined:
      return [...(isGrantable ? [granted] : []), ...(state.holder.kind === "free" ? [] : [state])];
    case "granted":
      return isGrantable ? withToken(granted, output.token) : [];
    case "held":
      if (state.holder.kind === "free") return [];
      if (output.owner === undefined) return [state];
      return mayBeHeldBy(state, output.owner) ? [heldBy(state, output.owner)] : [];
    case "renewed":
    case "released":
    case "lost":
    case "accepted":
    case "rejected":
      return [];
  }
};

/** The state if its last token was this; none if it cannot have been. */
const withToken = (state: LockState, token: number): readonly LockState[] =>
  state.tokenMin <= token && token <= state.tokenMax
    ? [{ ...state, tokenMin: token, tokenMax: token }]
    : [];

/** The state if its last token was another: a lower one, and a higher one. */
const withoutToken = (state: LockState, token: number): readonly LockState[] =>
  [
    { ...state, tokenMax: Math.min(state.tokenMax, token - 1) },
    { ...state, tokenMin: Math.max(state.tokenMin, token + 1) },
  ].filter(({ tokenMin, tokenMax }) => tokenMin <= tokenMax);

/** A renewal or a release: it succeeds for who holds the lock with this token, and for nobody else. */
const afterHolding = (
  state: LockState,
  { kind, owner, token }: Extract<LockInput, { readonly kind: "renew" | "release" }>,
  output: LockOutput | undefined,
  canExpire: boolean,
): readonly LockState[] => {
  const states: LockState[] = [];
  const success = kind === "renew" ? "renewed" : "released";
  const held = mayBeHeldBy(state, owner) ? withToken(heldBy(state, owner), token) : [];
  if (output === undefined || output.kind === success) {
    states.push(...(kind === "renew" ? held : held.map(freed)));
  }
  if (output === undefined || output.kind === "lost") {
    states.push(...(isHeldBy(state, owner) ? withoutToken(state, token) : [state]));
    if (canExpire) states.push(...held.map(freed));
  }
  return states;
};

/** A resource may refuse every token but that of the present holder: it may have heard of a later one. */
const afterUse = (
  state: LockState,
  token: number,
  output: LockOutput | undefined,
  canExpire: boolean,
): readonly LockState[] => {
  const states: LockState[] = [];
  if (output === undefined || output.kind === "accepted") {
    const isAcceptable = token >= 1 && token >= state.acceptedMin && token <= state.tokenMax;
    const tokenMin = Math.max(state.tokenMin, token);
    if (isAcceptable) {
      states.push({ ...state, tokenMin, acceptedMin: token, acceptedMax: token });
    }
  }
  if (output === undefined || output.kind === "rejected") {
    const isHeld = state.holder.kind === "held";
    states.push(...(isHeld ? withoutToken(state, token) : [state]));
    if (canExpire && isHeld) states.push(...withToken(state, token).map(freed));
  }
  return states;
};

const isLockInput = (value: unknown): value is LockInput => {
  const fields = fieldsOf(value);
  const hasOwner = isText(fields?.["owner"]);
  const hasToken = isWhole(fields?.["token"]);
  return (
    (isOfKind(value, "acquire") && hasOwner) ||
    (isOfKind(value, "renew", "release") && hasOwner && hasToken) ||
    (isOfKind(value, "use") && hasToken)
  );
};

const isLockOutput = (value: unknown): value is LockOutput => {
  const fields = fieldsOf(value);
  return (
    isOfKind(value, "renewed", "released", "lost", "accepted", "rejected") ||
    (isOfKind(value, "granted") && isWhole(fields?.["token"])) ||
    (isOfKind(value, "held") && isAbsentOr(fields?.["owner"], isText))
  );
};

const describeLock = (input: LockInput, output: LockOutput | undefined): Description => {
  const whom = input.kind === "use" ? "" : ` for ${input.owner}`;
  switch (input.kind) {
    case "acquire": {
      if (output?.kind === "granted") {
        const grant = `grant of token ${output.token}${whom}`;
        return { did: `got the ${grant}`, noun: grant };
      }
      if (output === undefined) return { did: `asked for it${whom}`, noun: `request${whom}` };
      const holder = isOfKind(output, "held") ? fieldsOf(output)?.["owner"] : undefined;
      const by = isText(holder) ? ` by ${holder}` : "";
      return { did: `found it held${by}`, noun: `refusal${whom}` };
    }
    case "renew":
    case "release": {
      const what = `${input.kind === "renew" ? "renewal" : "release"} of token ${input.token}`;
      const isLost = output?.kind === "lost";
      return isLost
        ? { did: `was refused the ${what}${whom}`, noun: `refused ${what}${whom}` }
        : { did: `had the ${what}${whom}`, noun: `${what}${whom}` };
    }
    case "use": {
      const what = `write with token ${input.token}`;
      if (output === undefined) return { did: `tried a ${what}`, noun: what };
      return { did: `had its ${what} ${output.kind}`, noun: `${output.kind} ${what}` };
    }
  }
};
