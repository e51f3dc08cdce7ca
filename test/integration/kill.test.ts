/**
 * Relays are ended with kill -9 while clients type, and no batch that a client was told had level `quorum` is ever missing.
 *
 * `npm test` runs one cycle; CYCLES=50 runs more, SEED=7 draws the same moments again. The figure in the README is from a longer run.
 */
import { seededRandom } from "@syncline/machine";
import { connect } from "syncline";
import { afterEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "./relay-process.ts";
import { until } from "./until.ts";

let cluster: Cluster | null = null;
let ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await cluster?.close();
});

const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1_000_000));
const cycleCount = Number(process.env["CYCLES"] ?? 1);
const KILLS_PER_RELAY = 5;

/** A writer: adds numbered marks to a list, a few at a time, and remembers which it was told are settled at quorum. */
const startWriter = async (
  urls: string[],
  name: string,
  space: string,
): Promise<{ settled: ReadonlySet<string>; written: () => number; stop: () => Promise<void> }> => {
  const client = connect(urls);
  ends.push(() => client.close());
  const opened = client.space(space);
  const doc = await opened.doc("marks");
  const marks = doc.getArray<string>("marks");
  const settled = new Set<string>();
  let count = 0;
  let isRunning = true;
  const run = async (): Promise<void> => {
    while (isRunning) {
      const mark = `${name}:${count}`;
      count += 1;
      marks.push([mark]);
      opened.settled("quorum").then(
        () => settled.add(mark),
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await opened.settled("quorum");
  };
  const running = run();
  return {
    settled,
    written: () => count,
    stop: async () => {
      isRunning = false;
      await running;
    },
  };
};

/**
 * The marks that a client sees that has nothing and asks this relay alone.
 *
 * A relay that has just started may not reach another in time; it then serves what it has and says so, and the client asks again. Once it says that
 * the reading was a quorum's, everything that was acknowledged before must be there.
 */
const readMarks = async (url: string, space: string): Promise<readonly string[]> => {
  for (;;) {
    const client = connect(url);
    const opened = client.space(space);
    const doc = await opened.doc("marks");
    await opened.whenSynced();
    const marks = doc.getArray<string>("marks").toArray();
    const { isQuorumRead } = opened.status;
    client.close();
    if (isQuorumRead) return marks;
    await pause(50);
  }
};

test(
  `nothing settled at quorum is lost: seed ${seed}, ${cycleCount} cycle(s)`,
  async () => {
    const random = seededRandom(seed);
    const space = "kill/test";
    cluster = await startCluster(3);
    const { relays } = cluster;
    let acknowledgedCount = 0;
    let killCount = 0;

    for (let cycle = 0; cycle < cycleCount; cycle += 1) {
      const writers = await Promise.all(
        relays.map((_, index) =>
          startWriter(cluster?.urlsFrom(index) ?? [], `w${cycle}.${index}`, space),
        ),
      );
      const victims = relays.flatMap((relay) =>
        Array.from({ length: KILLS_PER_RELAY }, () => relay),
      );
      for (const relay of shuffled(victims, (limit) => random.integer(0, limit))) {
        await pause(random.integer(10, 250));
        await relay.kill();
        killCount += 1;
        await pause(random.integer(0, 150));
        await relay.start();
      }
      await pause(random.integer(50, 200));
      // Now all at once: only what is on disk is left, at the relays; the writers keep what they hold.
      const acknowledged = writers.flatMap((writer) => [...writer.settled]);
      await Promise.all(relays.map((relay) => relay.kill()));
      killCount += relays.length;
      await Promise.all(relays.map((relay) => relay.start()));
      for (const relay of relays) {
        const marks = new Set(await readMarks(relay.url, space));
        const missing = acknowledged.filter((mark) => !marks.has(mark));
        expect(
          missing,
          `missing at relay ${relay.id} after ${killCount} kills, seed ${seed}`,
        ).toEqual([]);
      }
      await Promise.all(writers.map((writer) => writer.stop()));
      acknowledgedCount += writers.reduce((sum, writer) => sum + writer.settled.size, 0);
      expect(writers.every((writer) => writer.settled.size === writer.written())).toBe(true);
      const texts = await Promise.all(
        relays.map(async (relay) => (await readMarks(relay.url, space)).join()),
      );
      expect(new Set(texts).size).toBe(1);
      for (const end of ends.splice(0)) end();
    }
    console.log(
      `kill -9: seed ${seed}, ${cycleCount} cycles, ${killCount} kills, ${acknowledgedCount} acknowledged, 0 lost`,
    );
  },
  120_000 * cycleCount,
);

test("everybody's text is equal in the end", async () => {
  const random = seededRandom(seed + 1);
  cluster = await startCluster(3);
  const spaces = await Promise.all(
    cluster.relays.map(async (_, index) => {
      const client = connect(cluster?.urlsFrom(index) ?? []);
      ends.push(() => client.close());
      const space = client.space("kill/text");
      return { space, text: (await space.doc()).getText("body") };
    }),
  );
  for (let round = 0; round < 6; round += 1) {
    const relay = random.pick(cluster.relays);
    await relay.kill();
    for (const { text } of spaces) {
      for (let edit = 0; edit < 20; edit += 1) {
        const position = random.integer(0, text.length + 1);
        if (random.chance(0.2) && position < text.length) text.delete(position, 1);
        else text.insert(position, random.pick(["a", "b", "c"]));
      }
    }
    await pause(random.integer(0, 100));
    await relay.start();
  }
  await Promise.all(spaces.map(({ space }) => space.settled("all")));
  await until(() => new Set(spaces.map(({ text }) => text.toString())).size === 1);

  expect(new Set(spaces.map(({ text }) => text.toString())).size).toBe(1);
}, 120_000);

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));

const shuffled = <Item>(
  items: readonly Item[],
  below: (limit: number) => number,
): readonly Item[] => {
  const rest = [...items];
  return items.map(() => rest.splice(below(rest.length), 1)[0]!);
};
