/** Small histories of one object: what it really answered, and then, in most, a few facts changed. */
import type { Random } from "@syncline/machine";
import type { Operation, Outcome } from "@syncline/simulator/judges";
import type { ConcreteObject } from "./concrete-objects.ts";

const clients = ["a", "b", "c"];

/** An operation that has its place in time, and no answer yet. */
interface Draft<Input> {
  readonly client: string;
  readonly callTime: number;
  readonly returnTime: number;
  readonly effectTime: number;
  readonly input: Input;
}

/** Three to six operations of three clients, at times that often coincide. A fifth have an unknown outcome, with an effect or without. */
export const drawHistory = <State, Input, Output>(
  random: Random,
  object: ConcreteObject<State, Input, Output>,
): readonly Operation<Input, Output>[] => {
  let history = answer(random, object, drawDrafts(random, object));
  const changeCount = random.pick([0, 1, 2, 3, 4]);
  for (let count = 0; count < changeCount; count += 1) history = changed(random, object, history);
  return history;
};

const drawDrafts = <State, Input, Output>(
  random: Random,
  object: ConcreteObject<State, Input, Output>,
): readonly Draft<Input>[] => {
  const freeTimeByClient = new Map<string, number>();
  return Array.from({ length: random.integer(3, 7) }, (_, step) => {
    const client = random.pick(clients);
    const callTime = (freeTimeByClient.get(client) ?? 0) + random.integer(0, 4);
    const returnTime = callTime + random.integer(0, 4);
    freeTimeByClient.set(client, returnTime + random.integer(0, 2));
    const effectTime = callTime + random.fraction() * (returnTime - callTime);
    return {
      client,
      callTime,
      returnTime,
      effectTime,
      input: object.drawInput(random, client, step),
    };
  });
};

const answer = <State, Input, Output>(
  random: Random,
  object: ConcreteObject<State, Input, Output>,
  drafts: readonly Draft<Input>[],
): readonly Operation<Input, Output>[] => {
  let state = object.initial;
  return [...drafts]
    .map((draft) => {
      const isUnknown = random.chance(0.2);
      const delay = isUnknown ? random.pick([0, 5, Infinity]) : 0;
      return { draft, isUnknown, effectTime: draft.effectTime + delay };
    })
    .sort((left, right) => (left.effectTime < right.effectTime ? -1 : 1))
    .map(({ draft, isUnknown, effectTime }) => {
      const { client, callTime, returnTime, input } = draft;
      let outcome: Outcome<Output> = { kind: "unknown" };
      if (effectTime < Infinity) {
        const endings = object.endings(state, input);
        // Mostly the first: a number that skips far would leave no room for others.
        const ending = endings[random.chance(0.8) ? 0 : random.integer(0, 3)] ?? endings[0];
        state = ending === undefined ? state : ending.state;
        if (!isUnknown && ending !== undefined) {
          outcome = { kind: "returned", time: returnTime, output: ending.output };
        }
      }
      return { client, key: "x", callTime, input, outcome };
    });
};

/** With another answer to one of them, or one of them moved in time. */
const changed = <State, Input, Output>(
  random: Random,
  object: ConcreteObject<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): readonly Operation<Input, Output>[] => {
  const victim = random.integer(0, operations.length);
  return operations.map((operation, index) => {
    const { outcome, input, callTime } = operation;
    if (index !== victim || outcome.kind !== "returned") return operation;
    if (random.chance(0.7)) {
      return { ...operation, outcome: { ...outcome, output: object.drawOutput(random, input) } };
    }
    const shift = random.integer(-6, 7);
    const moved = { ...outcome, time: outcome.time + shift };
    return { ...operation, callTime: callTime + shift, outcome: moved };
  });
};
