/** What a judge says: that a history holds to a guarantee, or what few facts prove that it does not. */

/**
 * A judgement.
 *
 * `holds` is said of this history only, `undecided` when a stated limit was met or something is not of the expected form, and neither
 * ever of a history of which a violation was found.
 */
export type Verdict =
  | {
      readonly kind: "holds";
      readonly guarantee: Guarantee;
      /** How many operations or observations were judged: `holds` of none says nothing. */
      readonly judgedCount: number;
    }
  | {
      readonly kind: "violated";
      readonly guarantee: Guarantee;
      /** At most `VIOLATIONS_MAX` of them; at least one. */
      readonly violations: readonly Violation[];
      readonly violationCount: number;
    }
  | { readonly kind: "undecided"; readonly guarantee: Guarantee; readonly reason: string };

/** What is judged. */
export type Guarantee =
  | "linearizability"
  | "convergence"
  | "read your writes"
  | "monotonic reads"
  | "monotonic writes"
  | "writes follow reads"
  | "acknowledged is durable"
  | "deleted stays deleted";

/** One breach, and what proves it. */
export interface Violation {
  /** In words, such as `b read 3 after c's write of 4 had returned`. */
  readonly sentence: string;
  /** The facts that the sentence is about, by time: as few as could be found. */
  readonly evidence: readonly Evidence[];
}

/** A fact as a stretch of time in somebody's row: what a timeline draws. */
export interface Evidence {
  /** The client, session or replica. */
  readonly who: string;
  readonly what: string;
  readonly fromTime: number;
  /** Equal to `fromTime` for a moment; null where nobody knows whether it ever ended. */
  readonly toTime: number | null;
  /** Whether this is what should not have been: at most one in each violation. */
  readonly isCulprit: boolean;
}

/** How many violations a verdict shows; those beyond are counted. */
export const VIOLATIONS_MAX = 20;

/** Gathers violations, shows the first of them, counts the rest, and gives the verdict. */
export interface ViolationList {
  /** `violation` is only called for one that will be shown. */
  add(violation: () => Violation): void;
  verdict(judgedCount: number): Verdict;
}

/** An empty list. */
export const createViolationList = (guarantee: Guarantee): ViolationList => {
  const violations: Violation[] = [];
  let violationCount = 0;
  return {
    add: (violation) => {
      if (violations.length < VIOLATIONS_MAX) violations.push(violation());
      violationCount += 1;
    },
    verdict: (judgedCount) =>
      violationCount > 0
        ? { kind: "violated", guarantee, violations, violationCount }
        : { kind: "holds", guarantee, judgedCount },
  };
};
