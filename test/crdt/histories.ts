/** Random histories: three replicas change a value and hear of each other, in part and out of order. */
import fc from "fast-check";
import { type AnyChange, deltaOfChange, replicas, type Subject, type Tried } from "./changes.ts";

/** One step: a replica changes its value, hears another's whole state, or hears some delta that was ever made. */
export type Step =
  | { readonly kind: "change"; readonly at: number; readonly change: AnyChange }
  | { readonly kind: "hear"; readonly at: number; readonly from: number }
  | { readonly kind: "delta"; readonly at: number; readonly which: number };

/** What a history leads to: the states of the replicas, and every delta, in order. */
export interface Played {
  readonly states: readonly unknown[];
  readonly deltas: readonly unknown[];
}

const places = fc.nat(replicas.length - 1);

/** Steps in which whole states travel, so that what a replica has seen is causally closed. */
export const causalSteps = (subject: Subject): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("change" as const),
          at: places,
          change: subject.changes,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("hear" as const), at: places, from: places }),
      },
    ),
    { maxLength: 24 },
  );

/** Steps in which single deltas travel, too: lost, doubled, reordered. */
export const looseSteps = (subject: Subject): fc.Arbitrary<readonly Step[]> =>
  fc
    .tuple(
      causalSteps(subject),
      fc.array(fc.record({ kind: fc.constant("delta" as const), at: places, which: fc.nat(20) }), {
        maxLength: 8,
      }),
      fc.array(fc.nat(24), { maxLength: 8 }),
    )
    .map(([steps, heard, at]) => {
      const mixed: Step[] = [...steps];
      for (const [index, step] of heard.entries()) mixed.splice(at[index] ?? 0, 0, step);
      return mixed;
    });

/** Carries out the steps from nothing. */
export const play = (type: Tried, steps: readonly Step[]): Played => {
  const states = replicas.map(() => type.bottom());
  const deltas: unknown[] = [];
  for (const step of steps) {
    const state = states[step.at];
    switch (step.kind) {
      case "change": {
        const delta = deltaOfChange(type, state, replicas[step.at]!, step.change);
        deltas.push(delta);
        type.apply(state, delta);
        break;
      }
      case "hear":
        type.apply(state, states[step.from]);
        break;
      case "delta":
        if (deltas.length > 0) type.apply(state, deltas[step.which % deltas.length]);
        break;
    }
  }
  return { states, deltas };
};

/** Three states of one history: any of them may be behind, ahead of or beside another. */
export const statesOf = (subject: Subject): fc.Arbitrary<readonly [unknown, unknown, unknown]> =>
  looseSteps(subject).map((steps) => {
    const { states } = play(subject.type, steps);
    return [states[0], states[1], states[2]];
  });
