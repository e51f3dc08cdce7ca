/** Golden traces of Raft: exchanges as text, to be read. `UPDATE_TRACES=1` writes them anew; look at the difference before you commit it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createStage, type Stage } from "./stage.ts";

const folder = `${import.meta.dirname}/traces`;

const textOf = ({ lines }: Stage): string => `${lines.join("\n")}\n`;

/** The trace that is kept; written now, if there is none yet. */
const goldenOf = (name: string, stage: Stage): string => {
  const path = `${folder}/${name}.txt`;
  if (process.env["UPDATE_TRACES"] === "1" || !existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, textOf(stage));
  }
  return readFileSync(path, "utf8");
};

const abc = ["a", "b", "c"];

/** A leader is elected and has committed its first entry, with no line about it. */
const led = (stage: Stage, by = "a"): Stage => {
  stage.ask(by, { kind: "campaign" });
  stage.play();
  stage.lines.length = 0;
  return stage;
};

test("an election", () => {
  const stage = createStage(abc);
  stage.say(
    "a asks whether it would be elected, then calls the election; its own vote counts once it is on its disk",
  );
  stage.ask("a", { kind: "campaign" });
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("election", stage));
});

test("a node that was cut off unseats nobody", () => {
  const stage = led(createStage(abc));
  stage.say("c hears nothing for a long time");
  stage.pass(5000, "c");
  stage.say("it is heard again, while a leads");
  stage.pass(100, "a");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("rejoining", stage));
});

test("a proposal is replicated and committed", () => {
  const stage = led(createStage(abc));
  stage.slowDisk("a");
  stage.propose("a", "x");
  stage.say("the followers have it before the leader's own disk has: two of three are enough");
  stage.play();
  stage.flush("a");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("replication", stage));
});

test("a log that has diverged is found by terms and mended", () => {
  const stage = led(createStage(abc));
  stage.say("a appends what nobody gets");
  for (const text of ["x", "y", "z"]) stage.propose("a", text);
  stage.lose();
  stage.crash("a");
  stage.say("b is elected and goes another way");
  stage.wait(3000, "b", "c");
  stage.ask("b", { kind: "campaign" });
  stage.play((message) => message.to === "a");
  stage.lose();
  stage.propose("b", "u");
  stage.play((message) => message.to === "a");
  stage.lose();
  stage.start("a");
  stage.pass(100, "b");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("conflict", stage));
});

test("a newcomer learns, then replaces a member by joint consensus", () => {
  const stage = led(createStage(abc, { newcomers: ["d"] }));
  stage.ask("a", {
    kind: "change-members",
    token: 1,
    changes: [{ kind: "add-learner", node: "d" }],
  });
  stage.play();
  stage.say("d has the log: it takes the place of c");
  stage.ask("a", {
    kind: "change-members",
    token: 2,
    changes: [
      { kind: "promote", node: "d" },
      { kind: "remove", node: "c" },
    ],
  });
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("joint-consensus", stage));
});

test("a leader that removes itself leads until that is committed", () => {
  const stage = led(createStage(abc));
  stage.ask("a", { kind: "change-members", token: 1, changes: [{ kind: "remove", node: "a" }] });
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("leader-removes-itself", stage));
});

test("a follower that is far behind gets a snapshot in pieces, and goes on where it was after a crash", () => {
  const stage = led(
    createStage(abc, { options: { compactBytes: 100, keepEntryCount: 0, chunkBytesMax: 4 } }),
  );
  stage.crash("c");
  stage.propose("a", "x");
  stage.propose("a", "y");
  stage.propose("a", "z");
  stage.play((message) => message.to === "c");
  stage.lose();
  const wanted = stage.player("a").raft.state.taking?.index ?? 0;
  const chunks = [new TextEncoder().encode("state of a")];
  stage.ask("a", { kind: "snapshot-taken", index: wanted, chunks });
  stage.start("c");
  stage.pass(100, "a");
  stage.say("the second piece is lost with the power");
  let chunkCount = 0;
  stage.play((message) => message.kind === "chunk" && (chunkCount += 1) > 1);
  stage.lose();
  stage.crash("c");
  stage.start("c");
  stage.pass(1000, "a", "b");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("snapshot", stage));
});

test("reads that come together are proved by one round", () => {
  const stage = led(createStage(abc));
  stage.ask("a", { kind: "read", token: 1 });
  stage.say("two more come while the round is on its way: they wait for the next");
  stage.ask("a", { kind: "read", token: 2 });
  stage.ask("a", { kind: "read", token: 3 });
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("reads", stage));
});

test("a leader that is cut off answers no read", () => {
  const stage = led(createStage(abc));
  stage.ask("a", { kind: "read", token: 1 });
  stage.lose();
  stage.say("b and c have another leader meanwhile");
  stage.wait(3000, "b", "c");
  stage.ask("b", { kind: "campaign" });
  stage.play((message) => message.to === "a");
  stage.lose();
  stage.pass(1000, "a");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("read-refused", stage));
});

test("a leader hands over", () => {
  const stage = led(createStage(abc));
  stage.ask("a", { kind: "transfer", token: 1, to: "c" });
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("transfer", stage));
});

test("a disk that has lost entries neither votes nor counts until it has them again", () => {
  const stage = led(createStage(abc));
  stage.propose("a", "x");
  stage.propose("a", "y");
  stage.play();
  stage.crash("b");
  stage.player("b").disk.rot(0.5);
  stage.say("the disk of b has lost the end of its log, and its store has noticed");
  stage.start("b");
  stage.pass(100, "a");
  stage.play();

  expect(textOf(stage)).toBe(goldenOf("mending", stage));
});
