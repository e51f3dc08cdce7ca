/** A node that is counted on as a voter without knowing it, and is ahead of those who count on it, calls the election itself (thesis, §4.2.2, and simulation seed 179). */
import { expect, test } from "vitest";
import { createStage, type Stage } from "./stage.ts";

/** a's log ends in "d votes in the place of c"; b has led since, and its entries came to d alone; then b is gone. */
const stuck = (): Stage => {
  const stage = createStage(["a", "b", "c"], { newcomers: ["d"] });
  stage.ask("a", { kind: "campaign" });
  stage.play();
  stage.ask("a", {
    kind: "change-members",
    token: 1,
    changes: [{ kind: "add-learner", node: "d" }],
  });
  stage.play();
  stage.ask("a", {
    kind: "change-members",
    token: 2,
    changes: [
      { kind: "promote", node: "d" },
      { kind: "remove", node: "c" },
    ],
  });
  stage.lose();
  stage.wait(5000, "b", "c", "d");
  stage.ask("b", { kind: "campaign" });
  stage.play(({ to, from, kind }) => to === "a" || from === "a" || kind === "append");
  stage.play(({ to }) => to === "a" || to === "c");
  stage.lose();
  stage.propose("b", "x");
  stage.play(({ to }) => to === "a" || to === "c");
  stage.lose();
  stage.crash("b");
  return stage;
};

const leaderOf = (stage: Stage): string | undefined =>
  ["a", "c", "d"].find((name) => stage.player(name).raft.state.role.kind === "leader");

test("nobody else can be elected", () => {
  const stage = stuck();
  const endOf = (name: string) => stage.player(name).raft.state.log.entries.at(-1)!;

  expect(endOf("d").term).toBeGreaterThan(endOf("a").term);
  expect(endOf("a").index).toBeGreaterThan(endOf("c").index);
  expect(stage.player("d").raft.state.log.configurations.at(-1)?.configuration.voters).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("those who are left elect a leader, and keep what the lost one had passed on", () => {
  const stage = stuck();
  stage.wait(5000, "a", "c", "d");
  for (let round = 0; round < 20; round += 1) {
    stage.pass(700, "a", "c", "d");
    stage.play();
  }

  expect(leaderOf(stage)).toBeDefined();
  expect(["a", "c", "d"].map((name) => stage.player(name).applied)).toEqual([["x"], ["x"], ["x"]]);
});
