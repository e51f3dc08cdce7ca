/** Golden exchanges of CASPaxos, readable as prose. `UPDATE_TRACES=1` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createRegisterTable, type Envelope, type RegisterTable } from "./table.ts";

const compare = (
  name: string,
  about: string,
  { lines }: RegisterTable,
): readonly [now: string, kept: string] => {
  const path = `${import.meta.dirname}/../../traces/caspaxos-${name}.txt`;
  const trace = `# ${about}\n${lines.join("\n")}\n`;
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) writeFileSync(path, trace);
  return [trace, readFileSync(path, "utf8")];
};

const newTable = (): RegisterTable =>
  createRegisterTable({ acceptors: ["a", "b", "c"], proposers: ["p", "q"] });

const without =
  (name: string) =>
  ({ from, to }: Envelope): boolean =>
    from !== name && to !== name;

test("two round trips, then one, then a reading that writes nothing", () => {
  const table = newTable();
  table.note("p sets k to x");
  table.change("p", "k", { kind: "set", text: "x" });
  table.deliver();
  table.note("p appends y: it was promised the next ballot with the last acceptance");
  table.change("p", "k", { kind: "append", text: "y" }, { number: 2 });
  table.deliver();
  table.note("q reads k");
  table.read("q", "k", 1);
  table.deliver();

  const [now, kept] = compare("round-trips", "What a change and a reading cost.", table);
  expect(now).toBe(kept);
});

test("a change of unknown outcome is chosen by another proposer, and a retry finds its result", () => {
  const table = newTable();
  table.note("p appends x; a alone accepts it, and p is cut off");
  table.change("p", "k", { kind: "append", text: "x" });
  table.deliverOnly(({ from }) => from === "p");
  table.deliverOnly(({ to }) => to === "p");
  table.deliverOnly(({ to }) => to === "a");
  table.loseAll();
  table.note("q appends y, with a and b");
  table.change("q", "k", { kind: "append", text: "y" });
  table.deliver(({ from, to }) => ![from, to].some((name) => name === "c" || name === "p"));
  for (const ms of [500, 600, 500]) {
    table.wait("q", ms);
    table.deliver(({ from, to }) => ![from, to].some((name) => name === "c" || name === "p"));
  }
  table.note("p's client asks q for the same operation again");
  table.change("q", "k", { kind: "append", text: "x" }, { client: "p", number: 1 }, 1);
  table.deliver(without("p"));

  const [now, kept] = compare(
    "unknown-then-retry",
    "Nothing is applied twice, and nothing is told to have failed that has not.",
    table,
  );
  expect(now).toBe(kept);
});

test("a deletion is erased everywhere", () => {
  const table = newTable();
  table.change("p", "k", { kind: "set", text: "x" });
  table.deliver();
  table.note("p deletes k");
  table.remove("p", "k", 2);
  table.deliver();
  table.note("p collects: every acceptor must have the deletion, then every acceptor erases it");
  table.collect("p", "k");
  table.deliver();

  const [now, kept] = compare("deletion", "What was deleted leaves one number behind.", table);
  expect(now).toBe(kept);
});

test("an acceptor that lost its disk is replaced", () => {
  const table = newTable();
  for (const [index, key] of ["k", "l", "m"].entries()) {
    table.change("p", key, { kind: "set", text: key }, { number: index + 1 });
  }
  table.deliver(without("c"));
  table.note("b loses its disk, and is to take its own place in epoch 2");
  const acceptors = table.config.acceptors.map((acceptor) =>
    acceptor.name === "b" ? { name: "b", incarnation: table.wipe("b") } : acceptor,
  );
  const config = { ...table.config, epoch: 2, acceptors };
  table.replace("b", config);
  table.deliver();
  table.note("p does not know of it yet");
  table.change("p", "k", { kind: "append", text: "y" }, { number: 4 });
  table.deliver();
  table.configure("p", config);
  table.wait("p", 3000);
  table.deliver(without("a"));

  const [now, kept] = compare(
    "replacement",
    "Fence, copy, take part; who is told late is refused by everybody.",
    table,
  );
  expect(now).toBe(kept);
});
