/**
 * Three relays are ended with kill -9 while clients write, delete and read; what happened is recorded as JSON lines, and the judges that judge
 * simulated runs judge it.
 *
 * SEED=7 draws the same moments again, KILLS=50 kills each relay fifty times, HISTORY=path keeps the lines.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@syncline/machine";
import {
  describeVerdict,
  type Guarantee,
  judgeConvergence,
  judgeDeletion,
  judgeDurability,
  judgeSessions,
  readHistory,
  type Verdict,
} from "@syncline/simulator/judges";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pause, readByQuorum, recordInto, type Session, startSession } from "./recorded-run.ts";
import { type Cluster, startCluster } from "./relay-process.ts";

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
const killsPerRelay = Number(process.env["KILLS"] ?? 4);

const directory = mkdtempSync(join(tmpdir(), "syncline-history-"));
const path = join(directory, "history.jsonl");
let lines: readonly string[] = [];

const judgeLines = (texts: Iterable<string>): readonly Verdict[] => {
  const { history, errors } = readHistory(texts);
  expect(errors).toEqual([]);
  const { observations } = history;
  return [
    ...judgeSessions(observations),
    judgeDurability(observations),
    judgeDeletion(observations),
    judgeConvergence(observations),
  ];
};

/** Kills relays one after the other, in the order of the seed, and lets newcomers read by quorum meanwhile. */
const killAll = async (
  cluster: Cluster,
  { random, recorder }: Parameters<typeof startSession>[2],
): Promise<void> => {
  const victims = cluster.relays.flatMap((relay) =>
    Array.from({ length: killsPerRelay }, () => ({ relay, place: random.fraction() })),
  );
  victims.sort((left, right) => left.place - right.place);
  for (const [index, { relay }] of victims.entries()) {
    await pause(random.integer(50, 250));
    await relay.kill();
    const other = cluster.relays.find(({ id }) => id !== relay.id);
    if (other !== undefined) await readByQuorum(`newcomer ${index + 1}`, other, recorder);
    await relay.start();
  }
};

beforeAll(
  async () => {
    const random = seededRandom(seed);
    const recorder = recordInto(path);
    const cluster = await startCluster(3);
    const sessions: Session[] = [];
    try {
      for (const [index, name] of ["ann", "bob", "cyd"].entries()) {
        const own = { recorder, random: random.fork(name) };
        sessions.push(await startSession(name, cluster.urlsFrom(index), own));
      }
      await killAll(cluster, { random, recorder });
      const contents = await Promise.all(sessions.map((session) => session.finish()));
      for (const [index, content] of contents.entries()) {
        const replica = `client ${index + 1}`;
        const time = performance.now();
        // The first to have finished has not seen what the others wrote last; only its digest at what it has seen is judged.
        recorder.observed({ kind: "replica", replica, time, ...content, isFinal: false });
      }
      // Now all at once: only what is on disk is left.
      await Promise.all(cluster.relays.map((relay) => relay.kill()));
      await Promise.all(cluster.relays.map((relay) => relay.start()));
      for (const relay of cluster.relays) {
        const content = await readByQuorum(`last at ${relay.id}`, relay, recorder);
        const replica = `relay ${relay.id}`;
        const time = performance.now();
        recorder.observed({ kind: "replica", replica, time, ...content, isFinal: true });
      }
    } finally {
      for (const session of sessions) session.close();
      await cluster.close();
    }
    lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const acknowledgedCount = sessions.reduce((sum, session) => sum + session.acknowledgedCount, 0);
    console.log(
      `judged history: seed ${seed}, ${3 * killsPerRelay + 3} kills, ${lines.length} lines, ${acknowledgedCount} acknowledged`,
    );
    if (process.env["HISTORY"] !== undefined) copyFileSync(path, process.env["HISTORY"]);
  },
  120_000 + 10_000 * killsPerRelay,
);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test(`every guarantee holds of a history recorded under kill -9: seed ${seed}`, () => {
  const verdicts = judgeLines(lines);
  console.log(verdicts.map(describeVerdict).join("\n"));

  expect(verdicts.filter(({ kind }) => kind !== "holds")).toEqual([]);
});

type Line = Record<string, unknown> & {
  readonly seen: Record<string, unknown>;
  readonly present: Record<string, unknown>;
};

/** The history with one of its lines changed: the last that is wanted. */
const withChange = (
  isWanted: (line: Line) => boolean,
  change: (line: Line) => void,
): readonly string[] => {
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  const index = parsed.findLastIndex(isWanted);
  const line = parsed[index]!;
  change(line);
  return lines.with(index, JSON.stringify(line));
};

const isNewcomersRead = (line: Line): boolean =>
  line["kind"] === "read" && String(line["session"]).startsWith("last at");
const isReadOf =
  (session: string) =>
  (line: Line): boolean =>
    line["kind"] === "read" && line["session"] === session;
const isFinal = (line: Line): boolean => line["kind"] === "replica" && line["isFinal"] === true;

describe("a line that is changed by hand is found out", () => {
  const planted: readonly [Guarantee, () => readonly string[]][] = [
    [
      "read your writes",
      () => withChange(isReadOf("ann"), ({ seen }) => (seen["ann"] = Number(seen["ann"]) - 1)),
    ],
    ["monotonic reads", () => withChange(isReadOf("ann"), ({ seen }) => (seen["bob"] = 0))],
    [
      "monotonic writes",
      () => withChange(isNewcomersRead, ({ seen }) => (seen["bob"] = [[2, seen["bob"]]])),
    ],
    ["writes follow reads", () => withChange(isNewcomersRead, ({ seen }) => (seen["cyd"] = 0))],
    [
      "acknowledged is durable",
      () => withChange(isFinal, ({ seen }) => (seen["cyd"] = Number(seen["cyd"]) - 1)),
    ],
    [
      "deleted stays deleted",
      () => {
        const deletion = lines
          .map((line) => JSON.parse(line) as Line)
          .find(({ deletes }) => deletes);
        const [deleted] = Object.entries(deletion!["deletes"] as Record<string, unknown>);
        return withChange(isNewcomersRead, ({ present }) => (present[deleted![0]] = deleted![1]));
      },
    ],
    ["convergence", () => withChange(isFinal, (line) => (line["digest"] = "something else"))],
  ];

  test.each(planted)("%s", (guarantee, changedLines) => {
    const verdict = judgeLines(changedLines()).find((other) => other.guarantee === guarantee);
    console.log(verdict === undefined ? "" : describeVerdict(verdict));

    expect(verdict).toMatchObject({ kind: "violated" });
  });
});
