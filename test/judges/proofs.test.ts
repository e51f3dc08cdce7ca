/** A proof proves: whatever the operations that are not in it did, and whenever, no order is possible. */
import { seededRandom, type Random } from "@syncline/machine";
import { judgeLinearizability, type Model, type Operation } from "@syncline/simulator/judges";
import { expect, test } from "vitest";
import type { ConcreteObject } from "./concrete-objects.ts";
import { isExplained } from "./exhaustive.ts";
import { trialsOf } from "./judged-objects.ts";
import { drawHistory } from "./random-histories.ts";

const seed = Number(process.env["SEED"] ?? 1);
const PROOF_COUNT = 300;
const CHANGES_PER_PROOF = 8;

/** The operations that a verdict rests on, and the rest. */
const divided = <State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Model<State, Input, Output>,
): { readonly proof: ReadonlySet<Operation>; readonly until: number } | null => {
  const verdict = judgeLinearizability(history, model);
  if (verdict.kind !== "violated") return null;
  const [violation] = verdict.violations;
  // The random histories are short, and no client makes two calls at a time with the same answer.
  const proof = history.filter(({ client, callTime, outcome }) =>
    violation?.evidence.some(
      (fact) =>
        fact.who === client &&
        fact.fromTime === callTime &&
        fact.toTime === (outcome.kind === "returned" ? outcome.time : null),
    ),
  );
  const culprit = violation?.evidence.find(({ isCulprit }) => isCulprit);
  return { proof: new Set(proof), until: culprit?.toTime ?? Infinity };
};

/** Moved in time, or never done; but what was called after it had happened stays there. */
const changedElsewhere = <Input, Output>(
  random: Random,
  history: readonly Operation<Input, Output>[],
  { proof, until }: { readonly proof: ReadonlySet<Operation>; readonly until: number },
): readonly Operation<Input, Output>[] =>
  history.map((operation) => {
    const { outcome } = operation;
    if (proof.has(operation)) return operation;
    if (random.chance(0.3)) return { ...operation, outcome: { kind: "failed" } };
    if (operation.callTime > until) return operation;
    const callTime = operation.callTime + random.integer(-10, 11);
    return outcome.kind === "returned"
      ? { ...operation, callTime, outcome: { ...outcome, time: callTime + random.integer(0, 12) } }
      : { ...operation, callTime };
  });

/** Changes everything but the proofs of random violated histories, and gives what can be put in order after all. */
const refutedProofs = <State, Input, Output, ConcreteState>(
  name: string,
  model: Model<State, Input, Output>,
  object: ConcreteObject<ConcreteState, Input, Output>,
): { readonly refuted: readonly string[]; readonly spared: number } => {
  const random = seededRandom(seed).fork(name);
  const refuted: string[] = [];
  let spared = 0;
  for (let count = 0; count < PROOF_COUNT;) {
    const history = drawHistory(random, object);
    const found = divided(history, model);
    if (found === null) continue;
    count += 1;
    spared += history.length - found.proof.size;
    for (let change = 0; change < CHANGES_PER_PROOF; change += 1) {
      const changed = changedElsewhere(random, history, found);
      if (isExplained(changed, object)) refuted.push(JSON.stringify({ history, changed }));
    }
  }
  return { refuted: refuted.slice(0, 2), spared };
};

test.each(trialsOf(refutedProofs))(
  `$name: ${PROOF_COUNT} proofs stand, seed ${seed}`,
  { timeout: 60_000 },
  ({ run }) => {
    const { refuted, spared } = run();

    expect(refuted).toEqual([]);
    expect(spared).toBeGreaterThan(PROOF_COUNT);
  },
);
