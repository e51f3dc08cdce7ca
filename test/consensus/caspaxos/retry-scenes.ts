/** Scenes of operations that are given up and asked again elsewhere, while registers forget who asked. */
import type { Random } from "@syncline/machine";
import type { Wish } from "./deeds.ts";
import {
  clog,
  type DrawScene,
  type Scenes,
  shuffled,
  type Stage,
  timesAfter,
  unitMsOf,
  untilTheEnd,
} from "./scenes.ts";

/** How long proposers try, in milliseconds. */
export interface Patience {
  readonly attemptMs: number;
  readonly giveUpMs: number;
  readonly backoffMs: number;
}

/** A client waits so long until it asks again. */
const ASKED_AGAIN_MS = 50;

/**
 * The second proposer has a register's next ballot; the first one prepares a larger one without the second's knowledge, and is not heard any more once it
 * proposes, so the client asks the second; of which in turn only one or few hear, and a third goes on with what it finds.
 */
export const drawRetryScenes = (stage: Stage, patience: Patience, random: Random): Scenes =>
  untilTheEnd(
    stage,
    random,
    (_stage, beginMs, own) => drawRetry(stage, patience, beginMs, own),
    () =>
      givenUpAfterMs(stage, patience) + ASKED_AGAIN_MS + unitMsOf(stage) * random.integer(40, 80),
  );

/**
 * When an operation is given up, after it was asked. The first attempt soon meets the larger ballot of the second proposer; the next one proposes four ways after
 * the beginning, and waits for twice as long as a first one; the one after it four times; none is ended early.
 */
const givenUpAfterMs = (stage: Stage, { attemptMs, giveUpMs, backoffMs }: Patience): number => {
  const proposedMs = 4 * unitMsOf(stage) + backoffMs;
  return proposedMs + (giveUpMs <= proposedMs + 2 * attemptMs ? 2 : 6) * attemptMs;
};

const drawRetry = (
  stage: Stage,
  patience: Patience,
  beginMs: number,
  random: Random,
): ReturnType<DrawScene> => {
  const unitMs = unitMsOf(stage);
  const [first = "", second = first, third = first] = shuffled(stage.proposers, random);
  const [left = "", ...others] = shuffled(stage.acceptors, random);
  const deaf = random.pick(others);
  const key = random.pick(["s1", "r1", "r2"]);
  const after = timesAfter(unitMs, random);
  const wish = (atMs: number, ...by: string[]): Wish => ({
    atMs,
    key,
    does: key === "s1" ? null : "put",
    by: [...by, random.pick(stage.proposers), random.pick(stage.proposers)],
  });
  const calledMs = after(beginMs, 8, 16);
  const againMs = calledMs + givenUpAfterMs(stage, patience) + ASKED_AGAIN_MS;
  const silentMs = after(againMs, 15, 40);
  // Refused, it waits for a moment, and asks again in a ballot that is large enough.
  const promisedMs = calledMs + 3 * unitMs + patience.backoffMs;
  // Either it is not heard when it proposes, or it does not hear the answers.
  const isHeard = random.chance(0.3);
  const faults = [
    clog(first, left, after(calledMs, -3, -1), silentMs),
    ...others.map((other) =>
      isHeard
        ? clog(other, first, after(promisedMs, 1, 2), silentMs)
        : clog(first, other, after(promisedMs, 0, 1.2), silentMs),
    ),
    ...stage.acceptors.map((to) =>
      clog(second, to, after(againMs, 1.2, 2.8), after(againMs, 8, 25)),
    ),
    ...(random.chance(0.5) ? [clog(deaf, third, againMs, silentMs)] : []),
  ];
  const wishes = [
    wish(beginMs, second),
    wish(calledMs, first, second),
    ...Array.from({ length: random.integer(1, 5) }, () => wish(after(againMs, 0, 12), third)),
  ];
  return { wishes, faults };
};
