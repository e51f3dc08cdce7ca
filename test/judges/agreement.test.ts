/**
 * The judge of linearizability says of every small history what a plain checker says that tries every order.
 *
 * `npm test` compares 4,000 histories of each model; HISTORIES=20000 more of them, SEED=7 others.
 */
import { seededRandom } from "@syncline/machine";
import { judgeLinearizability, type Model } from "@syncline/simulator/judges";
import { expect, test } from "vitest";
import type { ConcreteObject } from "./concrete-objects.ts";
import { isExplained } from "./exhaustive.ts";
import { trialsOf } from "./judged-objects.ts";
import { drawHistory } from "./random-histories.ts";

const seed = Number(process.env["SEED"] ?? 1);
const historyCount = Number(process.env["HISTORIES"] ?? 4000);

/** Compares the two on random histories, and gives the share of those that are not linearizable. */
const disagreements = <State, Input, Output, ConcreteState>(
  name: string,
  model: Model<State, Input, Output>,
  object: ConcreteObject<ConcreteState, Input, Output>,
): { readonly wrong: readonly string[]; readonly violatedShare: number } => {
  const random = seededRandom(seed).fork(name);
  const wrong: string[] = [];
  let violatedCount = 0;
  for (let count = 0; count < historyCount; count += 1) {
    const history = drawHistory(random, object);
    const expected = isExplained(history, object) ? "holds" : "violated";
    const { kind } = judgeLinearizability(history, model, { proofStepsMax: 0 });
    if (kind !== expected) wrong.push(`${kind}, not ${expected}: ${JSON.stringify(history)}`);
    if (expected === "violated") violatedCount += 1;
  }
  return { wrong: wrong.slice(0, 3), violatedShare: violatedCount / historyCount };
};

test.each(trialsOf(disagreements))(
  `$name: ${historyCount} histories are judged alike, seed ${seed}`,
  { timeout: 120_000 },
  ({ run }) => {
    const { wrong, violatedShare } = run();

    expect(wrong).toEqual([]);
    expect(violatedShare).toBeGreaterThan(0.3);
    expect(violatedShare).toBeLessThan(0.7);
  },
);
