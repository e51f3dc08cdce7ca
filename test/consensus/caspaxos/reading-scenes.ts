/** Scenes of readings whose answers come late: when the reader asks for the next one, or in its next process. */
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
import type { Wish } from "./deeds.ts";
import {
  type DrawScene,
  type Scenes,
  shuffled,
  type Stage,
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
  const at = (fromUnits: number, toUnits: number, ms = beginMs): number =>
    Math.floor(ms + (fromUnits + random.fraction() * (toUnits - fromUnits)) * unitMs);
  const wish = (does: Wish["does"], atMs: number, by: string): Wish => ({
    atMs,
    key,
    does,
    // What is asked again since the process ended is asked elsewhere, so that the next process begins with another reading.
    by: [by, writer, writer, by],
  });
  const againMs = at(26, 34);
  // Before the answers to the second reading do.
  const arriveMs = at(0.3, 1.7, againMs);
  const falls = (atMs: number): Fault => ({
    kind: "crash",
    atMs,
    node: reader,
    afterEffects: 0,
    forMs: Math.ceil(unitMs * random.fraction()),
  });
  const faults: Fault[] = [
    // Both of its processes begin to count.
    ...(random.chance(0.7) ? [falls(at(6, 8)), falls(at(15, 17))] : []),
    ...stage.acceptors.map((from): Fault => {
      const atMs = at(12.5, 14.5);
      return { kind: "clog", atMs, from, to: reader, forMs: Math.max(1, arriveMs - atMs) };
    }),
  ];
  const wishes = [
    wish("put", beginMs, writer),
    wish("read", at(12, 14), reader),
    wish("put", at(15, 20), writer),
    wish("read", againMs, reader),
  ];
  return { wishes, faults };
};
