/** Scenes of readings whose answers come late: when the reader asks for the next one, or in its next process. */
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
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

/** Somebody reads; before the answers arrive another value is written, and it reads again, mostly after its process has ended. */
export const drawReadingScenes = (stage: Stage, random: Random): Scenes =>
  untilTheEnd(stage, random, drawReading, () => unitMsOf(stage) * random.integer(70, 100));

const drawReading: DrawScene = (stage, beginMs, random) => {
  const unitMs = unitMsOf(stage);
  const key = random.pick(["r1", "r2"]);
  const [reader = "", writer = reader] = shuffled(stage.proposers, random);
  const after = timesAfter(unitMs, random);
  const wish = (does: Wish["does"], atMs: number, by: string): Wish => ({
    atMs,
    key,
    does,
    // What is asked again since the process ended is asked elsewhere, so that the next process begins with another reading.
    by: [by, writer, writer, by],
  });
  const againMs = after(beginMs, 26, 34);
  // Before the answers to the second reading do.
  const arriveMs = after(againMs, 0.3, 1.7);
  const falls = (atMs: number): Fault => ({
    kind: "crash",
    atMs,
    node: reader,
    afterEffects: 0,
    forMs: Math.ceil(unitMs * random.fraction()),
  });
  const faults: Fault[] = [
    // Both of its processes begin to count.
    ...(random.chance(0.7) ? [falls(after(beginMs, 6, 8)), falls(after(beginMs, 15, 17))] : []),
    ...stage.acceptors.map((from) => clog(from, reader, after(beginMs, 12.5, 14.5), arriveMs)),
  ];
  const wishes = [
    wish("put", beginMs, writer),
    wish("read", after(beginMs, 12, 14), reader),
    wish("put", after(beginMs, 15, 20), writer),
    wish("read", againMs, reader),
  ];
  return { wishes, faults };
};
