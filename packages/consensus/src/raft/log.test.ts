/** The log beside a plain twin: a list from the beginning of time, of which nothing is ever forgotten. */
import { seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import { configurationOf } from "./configuration.ts";
import type { Entry } from "./entry.ts";
import {
  appendEntries,
  compactTo,
  conflictHint,
  createLog,
  entriesFrom,
  hasEntry,
  lastId,
  lastIndex,
  latestConfiguration,
  type Log,
  termAt,
  truncateFrom,
} from "./log.ts";

const CASES = 50_000;
const first = configurationOf(["a"]);
const emptyLog = (): Log => createLog({ index: 0, term: 0 }, { index: 0, configuration: first });
const command = (index: number, term: number, size = 0): Entry => ({
  index,
  term,
  kind: "command",
  data: new Uint8Array(size),
});
const logOf = (terms: readonly number[]): Log => {
  const log = emptyLog();
  appendEntries(
    log,
    terms.map((term, place) => command(place + 1, term)),
  );
  return log;
};

test(`${CASES} steps leave the log as they leave a list that forgets nothing`, () => {
  const random = seededRandom(5);
  const wrong: unknown[] = [];
  let log = emptyLog();
  let list: Entry[] = [];
  let base = 0;
  for (let run = 0; run < CASES; run += 1) {
    if (list.length > 60) {
      log = emptyLog();
      list = [];
      base = 0;
    }
    const draw = random.fraction();
    const last = list.at(-1)?.term ?? 1;
    if (draw < 0.5) {
      const configuration = configurationOf([`n${random.integer(0, 9)}`]);
      const place = { index: list.length + 1, term: last + random.integer(0, 2) };
      const entry: Entry = random.chance(0.2)
        ? { ...place, kind: "configuration", configuration }
        : command(place.index, place.term);
      appendEntries(log, [entry]);
      list.push(entry);
    } else if (draw < 0.75 && list.length > base) {
      const index = base + 1 + random.integer(0, list.length - base);
      truncateFrom(log, index);
      list.length = index - 1;
    } else if (list.length > base) {
      base += random.integer(0, Math.min(3, list.length - base + 1));
      compactTo(log, base);
    }

    const index = random.integer(0, list.length + 2);
    const isKnown = index >= base && index <= list.length;
    const latest = list.findLast((entry) => entry.kind === "configuration");
    const expected = [
      isKnown ? (list[index - 1]?.term ?? 0) : null,
      { index: list.length, term: list.at(-1)?.term ?? 0 },
      latest?.kind === "configuration" ? latest.configuration : first,
      index > base ? list.slice(index - 1).map((entry) => entry.index) : [],
    ];
    const found = [
      termAt(log, index),
      lastId(log),
      latestConfiguration(log).configuration,
      index > base ? entriesFrom(log, index, 1e9).map((entry) => entry.index) : [],
    ];
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push([found, expected]);
  }

  expect(wrong).toEqual([]);
});

test("hints of both sides find where 20,000 pairs of logs agree, in a round trip for each term", () => {
  const random = seededRandom(6);
  const drawTerms = (length: number, from: number): number[] => {
    let term = from;
    return Array.from({ length }, () => (term += random.integer(0, 2)));
  };
  for (let run = 0; run < 20_000; run += 1) {
    const common = drawTerms(random.integer(0, 10), 1);
    const base = common.at(-1) ?? 1;
    // What differs is of different terms: a term has one leader, and so one history.
    const mine = [
      ...common,
      ...drawTerms(random.integer(0, 30), base).map((term) => 2 * term + 100),
    ];
    const theirs = [
      ...common,
      ...drawTerms(random.integer(0, 30), base).map((term) => 2 * term + 101),
    ];
    const leader = logOf(mine);
    const follower = logOf(theirs);
    let previous = lastIndex(leader);
    let trips = 0;
    while (!hasEntry(follower, { index: previous, term: termAt(leader, previous) ?? 0 })) {
      trips += 1;
      const hint = conflictHint(follower, { index: previous, term: termAt(leader, previous) ?? 0 });
      previous = Math.min(previous - 1, conflictHint(leader, hint).index);
    }

    expect(previous).toBe(common.length);
    expect(trips).toBeLessThanOrEqual(new Set([...mine, ...theirs]).size + 1);
  }
});

describe("a log", () => {
  test("refuses a gap", () => {
    expect(() => appendEntries(logOf([1]), [command(3, 1)])).toThrow("an entry leaves a gap");
  });

  test("refuses a term that goes back", () => {
    expect(() => appendEntries(logOf([2]), [command(2, 1)])).toThrow("a term goes back");
  });

  test("gives at least one entry, and no more than fit", () => {
    const log = emptyLog();
    appendEntries(log, [command(1, 1, 100), command(2, 1, 100), command(3, 1, 100)]);

    expect(entriesFrom(log, 1, 1).length).toBe(1);
    expect(entriesFrom(log, 1, 264).length).toBe(2);
  });

  test("takes a configuration back that is cut off", () => {
    const log = logOf([1]);
    const configuration = configurationOf(["x", "y"]);
    appendEntries(log, [{ index: 2, term: 1, kind: "configuration", configuration }]);
    truncateFrom(log, 2);

    expect(latestConfiguration(log).configuration).toEqual(first);
  });

  test("keeps a configuration whose entry is compacted", () => {
    const log = logOf([1]);
    const configuration = configurationOf(["x", "y"]);
    appendEntries(log, [{ index: 2, term: 1, kind: "configuration", configuration }]);
    compactTo(log, 2);

    expect(latestConfiguration(log)).toEqual({ index: 2, configuration });
  });
});
