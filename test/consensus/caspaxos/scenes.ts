/**
 * Scenes: a few deeds and faults close together, as many as fit into a story, so that what is rare in a long time at random meets often.
 *
 * Everything about them is drawn; only the times are near each other, in units of a message's way.
 */
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
import type { Wish } from "./deeds.ts";

/** Who is there, and how long things take. */
export interface Stage {
  readonly acceptors: readonly string[];
  readonly proposers: readonly string[];
  /** About as long as a message is under way, in milliseconds. */
  readonly wayMs: number;
  readonly forMs: number;
}

/** What happens in scenes. */
export interface Scenes {
  readonly wishes: readonly Wish[];
  readonly faults: readonly Fault[];
}

/** About as long as a message is under way to somebody who writes before it answers. */
export const unitMsOf = ({ wayMs }: Stage): number => wayMs + 2;

/** One scene that begins at this time. */
export type DrawScene = (stage: Stage, beginMs: number, random: Random) => Scenes;

/** One scene after the other until the story ends; what would be beyond is left out. */
export const untilTheEnd = (
  stage: Stage,
  random: Random,
  draw: DrawScene,
  drawGapMs: () => number,
): Scenes => {
  const wishes: Wish[] = [];
  const faults: Fault[] = [];
  for (let atMs = random.integer(0, 500); atMs < stage.forMs; atMs += Math.ceil(drawGapMs())) {
    const scene = draw(stage, atMs, random);
    wishes.push(...scene.wishes);
    faults.push(...scene.faults);
  }
  const isWithin = ({ atMs }: { readonly atMs: number }): boolean =>
    atMs >= 0 && atMs < stage.forMs;
  return {
    wishes: wishes.filter(isWithin),
    faults: faults.filter(isWithin).sort((left, right) => left.atMs - right.atMs),
  };
};

/** Draws times in whole milliseconds: from so many units (in) to so many (out) after the given one. */
export const timesAfter =
  (unitMs: number, random: Random) =>
  (ms: number, fromUnits: number, toUnits: number): number =>
    Math.floor(ms + (fromUnits + random.fraction() * (toUnits - fromUnits)) * unitMs);

/** What one says to the other waits from one time to the next. */
export const clog = (from: string, to: string, atMs: number, untilMs: number): Fault => ({
  kind: "clog",
  atMs,
  from,
  to,
  forMs: Math.max(1, untilMs - atMs),
});

/** The names in another order. */
export const shuffled = (names: readonly string[], random: Random): readonly string[] =>
  names
    .map((name) => ({ name, place: random.fraction() }))
    .sort((left, right) => left.place - right.place)
    .map(({ name }) => name);
