/** A unique claim: a name, a slot or a seat that belongs to at most one owner at a time. */
import { fieldsOf, isAbsentOr, isOfKind, isText } from "./json.ts";
import type { Description, Model } from "./model.ts";

/** What can be asked of a claim. */
export type ClaimInput =
  | { readonly kind: "claim"; readonly owner: string }
  | { readonly kind: "release"; readonly owner: string }
  | { readonly kind: "look" };

/** `taken` may say by whom; `not-owner` answers a release of what is not one's own; `owner` answers a look. */
export type ClaimOutput =
  | { readonly kind: "granted" }
  | { readonly kind: "taken"; readonly owner?: string }
  | { readonly kind: "released" }
  | { readonly kind: "not-owner" }
  | { readonly kind: "owner"; readonly owner: string | null };

/** Free, somebody's, or any of these. */
export type ClaimState =
  | { readonly kind: "free" }
  | { readonly kind: "owned"; readonly owner: string }
  | { readonly kind: "anything" };

const free: ClaimState = { kind: "free" };
const anything: ClaimState = { kind: "anything" };

/** A claim that is free at first. Who claims what is his already is granted it again, as a retry must be. */
export const claimModel = (): Model<ClaimState, ClaimInput, ClaimOutput> => ({
  name: "claim",
  initial: free,
  anything,
  isInput: (value): value is ClaimInput =>
    isOfKind(value, "look") ||
    (isOfKind(value, "claim", "release") && isText(fieldsOf(value)?.["owner"])),
  isOutput: isClaimOutput,
  step: (state, input, output) => {
    switch (input.kind) {
      case "claim":
        return afterClaim(state, input.owner, output);
      case "release":
        return afterRelease(state, input.owner, output);
      case "look":
        return afterLook(state, output);
    }
  },
  keyOf: (state) => (state.kind === "owned" ? `owned ${JSON.stringify(state.owner)}` : state.kind),
  contains: mayBe,
  isReading: (input, output) =>
    input.kind === "look" || output?.kind === "taken" || output?.kind === "not-owner",
  overwrites: () => false,
  describe: describeClaim,
});

const ownedBy = (owner: string): ClaimState => ({ kind: "owned", owner });

const isOwner = (left: ClaimState, right: ClaimState): boolean =>
  left.kind === "owned" && right.kind === "owned" && left.owner === right.owner;

const mayBe = (state: ClaimState, wanted: ClaimState): boolean =>
  state.kind === "anything" ||
  (state.kind === "free" && wanted.kind === "free") ||
  isOwner(state, wanted);

const afterClaim = (
  state: ClaimState,
  owner: string,
  output: ClaimOutput | undefined,
): readonly ClaimState[] => {
  const isGrantable = mayBe(state, free) || mayBe(state, ownedBy(owner));
  const isTakeable = state.kind !== "free" && !isOwner(state, ownedBy(owner));
  switch (output?.kind) {
    case undefined:
      return [...(isGrantable ? [ownedBy(owner)] : []), ...(isTakeable ? [state] : [])];
    case "granted":
      return isGrantable ? [ownedBy(owner)] : [];
    case "taken":
      if (!isTakeable || output.owner === owner) return [];
      if (output.owner === undefined) return [state];
      return mayBe(state, ownedBy(output.owner)) ? [ownedBy(output.owner)] : [];
    case "released":
    case "not-owner":
    case "owner":
      return [];
  }
};

const afterRelease = (
  state: ClaimState,
  owner: string,
  output: ClaimOutput | undefined,
): readonly ClaimState[] => {
  const isMine = mayBe(state, ownedBy(owner));
  const isNotMine = !isOwner(state, ownedBy(owner));
  switch (output?.kind) {
    case undefined:
      return [...(isMine ? [free] : []), ...(isNotMine ? [state] : [])];
    case "released":
      return isMine ? [free] : [];
    case "not-owner":
      return isNotMine ? [state] : [];
    case "granted":
    case "taken":
    case "owner":
      return [];
  }
};

const afterLook = (state: ClaimState, output: ClaimOutput | undefined): readonly ClaimState[] => {
  if (output === undefined) return [state];
  if (output.kind !== "owner") return [];
  const seen = output.owner === null ? free : ownedBy(output.owner);
  return mayBe(state, seen) ? [seen] : [];
};

const isClaimOutput = (value: unknown): value is ClaimOutput => {
  const owner = fieldsOf(value)?.["owner"];
  return (
    isOfKind(value, "granted", "released", "not-owner") ||
    (isOfKind(value, "taken") && isAbsentOr(owner, isText)) ||
    (isOfKind(value, "owner") && (owner === null || isText(owner)))
  );
};

const describeClaim = (input: ClaimInput, output: ClaimOutput | undefined): Description => {
  if (input.kind === "look") {
    if (output?.kind !== "owner") return { did: "looked", noun: "look" };
    const seen = output.owner === null ? "nobody" : output.owner;
    return { did: `saw ${seen} as owner`, noun: `look at owner ${seen}` };
  }
  const whom = `for ${input.owner}`;
  if (output?.kind === "taken") {
    const taker = output.owner === undefined ? "" : ` by ${output.owner}`;
    return { did: `found it taken${taker}, ${whom}`, noun: `refused claim ${whom}` };
  }
  if (output?.kind === "not-owner") {
    return { did: `released nothing ${whom}`, noun: `refused release ${whom}` };
  }
  const did = output === undefined ? `asked for the ${input.kind}` : `got the ${input.kind}`;
  return { did: `${did} ${whom}`, noun: `${input.kind} ${whom}` };
};
