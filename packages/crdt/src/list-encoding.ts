/** Bytes of places in a list: each run is spelled once in a state, and from then on referred to by a number. */
import {
  readIncarnation,
  readShortUint,
  refuse,
  writeIncarnation,
  writeUint,
} from "@syncline/clocks";
import type { Decoder } from "lib0/decoding";
import type { Encoder } from "lib0/encoding";
import { type Position, type Run, runDepthMax } from "./list-position.ts";
import type { Place, Spelled } from "./shape.ts";

/**
 * A run is `0` to `3` if it is new, and else its number among those spelled before, plus 4. New: 2 is added if it has another name than the dot of
 * the element (which follows), 1 if it begins at a place of a run (which follows before the name).
 */
const forms = { isNamed: 2, isUnder: 1, count: 4 } as const;

/** What was spelled: runs by their number, and their numbers by what they are. Two runs are the same if they begin at the same place and have one name. */
interface Runs {
  readonly runs: Run[];
  readonly numberByRun: Map<Run, number>;
  readonly numberByText: Map<string, number>;
}

/** Writes the place of an element whose dot is `place`. */
export const writePosition = (
  encoder: Encoder,
  { run, offset }: Position,
  place: Place,
  spelled: Spelled,
): void => {
  writeRun(encoder, run, place, runsIn(spelled));
  writeOffset(encoder, offset, place.number);
};

/** Reads what `writePosition` wrote; throws a `RangeError` for anything else. */
export const readPosition = (decoder: Decoder, place: Place, spelled: Spelled): Position => {
  const run = readRun(decoder, place, runsIn(spelled), 0);
  return { run, offset: readOffset(decoder, place.number) };
};

const writeRun = (encoder: Encoder, run: Run, place: Place, runs: Runs): void => {
  const known = numberOf(run, runs);
  if (known !== undefined) return writeUint(encoder, known + forms.count);
  const isNamed = run.replica !== place.replica || run.number !== place.number;
  writeUint(encoder, (isNamed ? forms.isNamed : 0) + (run.at === null ? 0 : forms.isUnder));
  if (run.at !== null) {
    writeRun(encoder, run.at.run, place, runs);
    writeOffset(encoder, run.at.offset * 2 + (run.side === "left" ? 1 : 0), place.number);
  }
  if (isNamed) {
    writeIncarnation(encoder, run.replica);
    writeUint(encoder, run.number);
  }
  remember(run, runs);
};

const readRun = (decoder: Decoder, place: Place, runs: Runs, level: number): Run => {
  const form = readShortUint(decoder);
  if (form >= forms.count) {
    const known = runs.runs[form - forms.count];
    if (known === undefined) refuse();
    return known;
  }
  if (level > runDepthMax) refuse();
  let at: Position | null = null;
  let side: Run["side"] = "right";
  if (form % 2 === 1) {
    const run = readRun(decoder, place, runs, level + 1);
    const coded = readOffset(decoder, place.number);
    side = coded % 2 === 0 ? "right" : "left";
    at = { run, offset: Math.floor(coded / 2) };
  }
  const isNamed = form >= forms.isNamed;
  const replica = isNamed ? readIncarnation(decoder) : place.replica;
  const number = isNamed ? readShortUint(decoder) : place.number;
  const isOwn = replica === place.replica && number === place.number;
  const depth = at === null ? 0 : at.run.depth + 1;
  const run: Run = { at, side, replica, number, depth };
  if ((isNamed && isOwn) || depth > runDepthMax || numberOf(run, runs) !== undefined) {
    refuse();
  }
  remember(run, runs);
  return run;
};

/** 0, 1 for the dot's own number, 2 for minus that, or else twice what it is, plus 3, or 4 if it is negative. */
const writeOffset = (encoder: Encoder, offset: number, number: number): void => {
  if (offset === 0) writeUint(encoder, 0);
  else if (offset === number) writeUint(encoder, 1);
  else if (offset === -number) writeUint(encoder, 2);
  else writeUint(encoder, Math.abs(offset) * 2 + (offset < 0 ? 4 : 3));
};

const readOffset = (decoder: Decoder, number: number): number => {
  const coded = readShortUint(decoder);
  if (coded < 3) return [0, number, -number][coded] ?? 0;
  const size = coded % 2 === 1 ? (coded - 3) / 2 : (coded - 4) / 2;
  if (size === 0 || size === number) refuse();
  return coded % 2 === 1 ? size : -size;
};

const runsIn = (spelled: Spelled): Runs => {
  const known = spelled.get(runsKey) as Runs | undefined;
  if (known !== undefined) return known;
  const runs: Runs = { runs: [], numberByRun: new Map(), numberByText: new Map() };
  spelled.set(runsKey, runs);
  return runs;
};

const runsKey = "runs of lists";

const numberOf = (run: Run, runs: Runs): number | undefined =>
  runs.numberByRun.get(run) ?? runs.numberByText.get(textOf(run, runs) ?? "");

const remember = (run: Run, runs: Runs): void => {
  const number = runs.runs.length;
  runs.runs.push(run);
  runs.numberByRun.set(run, number);
  runs.numberByText.set(textOf(run, runs) ?? "", number);
};

/** What the run is, by the number of the run that it begins at; undefined if that was not spelled, for then this was not either. */
const textOf = ({ at, side, replica, number }: Run, runs: Runs): string | undefined => {
  if (at === null) return `${replica}${number}`;
  const under = numberOf(at.run, runs);
  return under === undefined ? undefined : `${replica}${number},${side}${at.offset},${under}`;
};
