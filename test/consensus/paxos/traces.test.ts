/** Golden exchanges of single-decree Paxos, readable as prose. `UPDATE_TRACES=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTable, type Envelope, type Table } from "./table.ts";

const acceptors = ["a", "b", "c"];

const compare = (
  name: string,
  about: string,
  { lines }: Table,
): readonly [now: string, kept: string] => {
  const path = `${import.meta.dirname}/../../traces/paxos-${name}.txt`;
  const trace = `# ${about}\n${lines.join("\n")}\n`;
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) writeFileSync(path, trace);
  return [trace, readFileSync(path, "utf8")];
};

test("one proposer has its value chosen in three phases", () => {
  const table = createTable(["p", "l", ...acceptors], { acceptors, learners: ["l"] });
  table.loseAll();
  table.propose("p", "tea");
  table.deliver();

  const [now, kept] = compare(
    "three-phases",
    "Prepare, accept, learn: nobody is in the way.",
    table,
  );
  expect(now).toBe(kept);
  expect([...table.chosen]).toEqual([
    ["l", "tea"],
    ["p", "tea"],
  ]);
});

test("a value that was chosen earlier is kept", () => {
  const table = createTable(["p", "q", ...acceptors], { acceptors, learners: [] });
  table.propose("p", "tea");
  table.deliverOnly(({ to }) => to !== "c");
  table.deliverOnly(() => true);
  table.deliverOnly(({ to }) => to === "a" || to === "b");
  table.note(
    "a and b have accepted tea, so it is chosen; nobody knows it, for all that was said about it is lost",
  );
  table.loseAll();
  table.propose("q", "coffee");
  table.deliver(({ from, to }) => ![from, to].includes("a"));

  const [now, kept] = compare(
    "chosen-value-is-kept",
    "Whoever comes later finds the chosen value at one acceptor of any majority, and must propose it.",
    table,
  );
  expect(now).toBe(kept);
  expect(table.chosen.get("q")).toBe("tea");
});

test("two proposers refuse each other until one has patience", () => {
  const table = createTable(["p", "q", ...acceptors], { acceptors, learners: [] });
  const say = (from: string, kind: string) => (envelope: Envelope) =>
    envelope.from === from && envelope.message.kind === kind;
  const answersTo = (to: string) => (envelope: Envelope) => envelope.to === to;
  table.propose("p", "tea");
  table.deliverOnly(say("p", "prepare"));
  table.deliverOnly(answersTo("p"));
  table.propose("q", "coffee");
  table.note("q is faster than the second phase of p");
  table.deliverOnly(say("q", "prepare"));
  table.deliverOnly(say("p", "accept"));
  table.deliverOnly(answersTo("p"));
  table.wait("p", 800);
  table.note("p has begun a larger round, and is faster than the second phase of q");
  table.deliverOnly(say("p", "prepare"));
  table.deliverOnly(answersTo("q"));
  table.deliverOnly(say("q", "accept"));
  table.deliverOnly(answersTo("q"));
  table.note("it might go on like this for ever; but q now waits longer than p takes");
  table.deliver();

  const [now, kept] = compare(
    "duelling-proposers",
    "Safety never depends on who wins; that somebody wins depends on patience, which is random.",
    table,
  );
  expect(now).toBe(kept);
  expect([...table.chosen]).toEqual([["p", "tea"]]);
});

test("a promise outlives the acceptor's process", () => {
  const table = createTable(["p", "q", ...acceptors], { acceptors, learners: [] });
  table.propose("p", "tea");
  table.propose("q", "coffee");
  table.deliverOnly(({ to, message }) => message.kind === "prepare" && to !== "c");
  table.restart("a");
  table.restart("b");
  table.deliver(({ to }) => to !== "c");

  const [now, kept] = compare(
    "promise-outlives-restart",
    "Acceptors that have promised q refuse p's smaller ballot after a restart, too.",
    table,
  );
  expect(now).toBe(kept);
  expect(table.chosen.get("q")).toBe("coffee");
});
