/** Each model of the judges beside the same object written plainly: what both checkers of a test are given. */
import {
  claimModel,
  counterModel,
  lockModel,
  type Model,
  registerModel,
  sequenceModel,
  versionedModel,
} from "@syncline/simulator/judges";
import {
  concreteClaim,
  concreteCounter,
  concreteLock,
  type ConcreteObject,
  concreteRegister,
  concreteSequence,
  concreteVersioned,
} from "./concrete-objects.ts";

/** What a test does with a model and its plain twin. */
export type Trial<Result> = <State, Input, Output, ConcreteState>(
  name: string,
  model: Model<State, Input, Output>,
  object: ConcreteObject<ConcreteState, Input, Output>,
) => Result;

/** The trial of every model, to be run by its name. */
export const trialsOf = <Result>(
  trial: Trial<Result>,
): readonly { readonly name: string; readonly run: () => Result }[] => {
  const pair = <State, Input, Output, ConcreteState>(
    name: string,
    model: Model<State, Input, Output>,
    object: ConcreteObject<ConcreteState, Input, Output>,
  ): { readonly name: string; readonly run: () => Result } => ({
    name,
    run: () => trial(name, model, object),
  });
  return [
    pair("register", registerModel(), concreteRegister(false)),
    pair("register with unique values", registerModel(), concreteRegister(true)),
    pair("versioned register", versionedModel(), concreteVersioned),
    pair("claim", claimModel(), concreteClaim),
    pair("lock", lockModel({ canExpire: false }), concreteLock(false)),
    pair("lease", lockModel({ canExpire: true }), concreteLock(true)),
    pair("counter", counterModel({ limit: 3 }), concreteCounter(false)),
    pair(
      "counter that may refuse",
      counterModel({ limit: 3, mayRefuse: true }),
      concreteCounter(true),
    ),
    pair("sequence without gaps", sequenceModel({ gaps: "gapless" }), concreteSequence("gapless")),
    pair("sequence with gaps", sequenceModel({ gaps: "may-skip" }), concreteSequence("may-skip")),
  ];
};
