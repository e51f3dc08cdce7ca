/**
 * Figure 8 of the Raft paper (extended version, 2014), §5.4.2, played to both of its ends: an entry of an earlier term that is on a majority of the servers
 * may yet be replaced, unless an entry of the leader's own term is on a majority, too.
 *
 * A leader that commits the old entry because a majority has it has told its application of something that the figure's (d) takes back everywhere.
 */
import { expect, test } from "vitest";
import { createStage, type Stage } from "../consensus/raft/stage.ts";

const servers = ["a", "b", "c", "d", "e"];

/** One entry in each message, so that an entry can arrive without the next; and nobody waits for a lease. */
const options = { hasPreVote: false, hasCheckQuorum: false, appendBytesMax: 1 };

const playWithout = (stage: Stage, ...names: readonly string[]): void => {
  stage.play(({ to, from }) => names.includes(to) || names.includes(from));
  stage.lose();
};

/** Calls elections until this server is a candidate that has won, while no entry goes out. */
const elect = (stage: Stage, name: string, ...absent: readonly string[]): void => {
  const isAbsent = (node: string): boolean => absent.includes(node);
  for (let round = 0; stage.player(name).raft.state.role.kind !== "leader"; round += 1) {
    if (round > 3) throw new Error(`${name} is not elected`);
    stage.ask(name, { kind: "campaign" });
    stage.play(({ kind, to, from }) => kind === "append" || isAbsent(to) || isAbsent(from));
    stage.lose(({ kind }) => kind !== "append");
  }
};

const placesOf = (stage: Stage, name: string): readonly string[] =>
  stage.player(name).raft.state.log.entries.map(({ index, term }) => `${index}.${term}`);

const hasOld = (stage: Stage, name: string): boolean =>
  [...stage.player(name).disk.view.entries.values()].some(
    (entry) => entry.kind === "command" && new TextDecoder().decode(entry.data) === "old",
  );

/** Up to (c): the first leader leads again, and its old entry is on three disks of five. */
const upToC = (): Stage => {
  const stage = createStage(servers, { options });
  elect(stage, "a");
  stage.play();
  // (a) The entry comes to b, and to nobody else.
  stage.propose("a", "old");
  playWithout(stage, "c", "d", "e");
  stage.crash("a");
  // (b) e is elected by c and d, and has another entry in the same place, alone.
  elect(stage, "e", "a", "b");
  stage.propose("e", "other");
  stage.lose();
  stage.crash("e");
  // (c) a is back and is elected. It passes the old entry on to c, and comes no further. (b, which had it, gets the first of the term with its question
  // whether it has; that makes two of five.)
  stage.start("a");
  elect(stage, "a", "e");
  const firstOfTerm = stage.player("a").raft.state.log.entries.at(-1)!.index;
  stage.play(
    ({ to, from, ...message }) =>
      [to, from].some((node) => ["d", "e"].includes(node)) ||
      (to === "c" &&
        message.kind === "append" &&
        message.previous.index === firstOfTerm - 1 &&
        hasOld(stage, "c")),
  );
  return stage;
};

test("(c) an entry of an earlier term that is on a majority is not committed", () => {
  const stage = upToC();

  expect(servers.filter((name) => hasOld(stage, name))).toEqual(["a", "b", "c"]);
  // What it knew to be committed is forgotten with the crash.
  expect(stage.player("a").raft.state.commitIndex).toBe(0);
  expect(stage.player("a").applied).toEqual([]);
});

test("(d) another leader replaces it everywhere, and nobody has ever applied it", () => {
  const stage = upToC();
  stage.lose();
  stage.crash("a");
  stage.start("e");
  elect(stage, "e", "a", "b");
  stage.play(({ to }) => to === "a");
  stage.lose();
  stage.start("a");
  stage.pass(100, "e");
  stage.play();

  expect(new Set(servers.map((name) => placesOf(stage, name).join())).size).toBe(1);
  expect(servers.map((name) => stage.player(name).applied)).toEqual(servers.map(() => ["other"]));
});

test("(e) with an entry of the present term behind it on a majority it is there for ever", () => {
  const stage = upToC();
  stage.play(({ to, from }) => [to, from].includes("e"));
  stage.lose();
  expect(stage.player("a").applied).toEqual(["old"]);
  stage.crash("a");
  stage.start("e");

  expect(() => elect(stage, "e", "a")).toThrow("e is not elected");
  elect(stage, "c", "a");
  stage.play(({ to }) => to === "a");

  expect(["b", "c", "d", "e"].map((name) => stage.player(name).applied)).toEqual([
    ["old"],
    ["old"],
    ["old"],
    ["old"],
  ]);
});
