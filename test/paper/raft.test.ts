/**
 * What the Raft paper ("In Search of an Understandable Consensus Algorithm", extended version, 2014) and Ongaro's thesis ("Consensus: Bridging Theory and
 * Practice", 2014) claim, section by section, where it can be tried on a stage. What needs many interleavings is in `test/consensus/raft`.
 */
import { describe, expect, test } from "vitest";
import { createStage, type Player, type Stage } from "../consensus/raft/stage.ts";

const abc = ["a", "b", "c"];
const abcde = [...abc, "d", "e"];

const led = (stage: Stage, by = "a"): Stage => {
  stage.ask(by, { kind: "campaign" });
  stage.play();
  return stage;
};
const rolesOf = (stage: Stage, names: readonly string[]): readonly string[] =>
  names.map((name) => stage.player(name).raft.state.role.kind);
const termsOf = ({ raft }: Player): readonly number[] =>
  raft.state.log.entries.map(({ term }) => term);
const without =
  (...names: readonly string[]) =>
  ({ to, from }: { to: string; from: string }): boolean =>
    names.includes(to) || names.includes(from);
/** Whoever is named hears and says nothing while the others play. */
const playWithout = (stage: Stage, ...names: readonly string[]): void => {
  stage.play(without(...names));
  stage.lose();
};

describe("paper §5.1: terms", () => {
  test("a server with a stale term is told so and follows", () => {
    const stage = led(createStage(abc));
    stage.wait(5000, "b", "c");
    stage.ask("b", { kind: "campaign" });
    playWithout(stage, "a");

    stage.pass(100, "a");
    stage.play();

    expect(rolesOf(stage, abc).filter((role) => role === "leader").length).toBe(1);
    expect(stage.player("a").raft.state.role.kind).toBe("follower");
  });

  test("a term has at most one leader, since a server votes once in it, also across a crash", () => {
    const stage = createStage(abc, { options: { hasPreVote: false } });
    stage.ask("a", { kind: "campaign" });
    stage.play(({ to }) => to === "a" || to === "c");
    stage.crash("b");
    stage.start("b");
    stage.ask("c", { kind: "campaign" });
    stage.play(({ to, from }) => to === "a" || from === "a");

    expect(stage.player("b").disk.view.vote).toBe("a");
    expect(stage.player("c").raft.state.role.kind).not.toBe("leader");
  });
});

describe("paper §5.2: leader election", () => {
  test("a follower that hears nothing calls an election", () => {
    const stage = createStage(abc);
    stage.pass(2000, "a");
    stage.play();

    expect(stage.player("a").raft.state.role.kind).toBe("leader");
  });

  test("heartbeats keep the others from calling one", () => {
    const stage = led(createStage(abc));
    for (let tick = 0; tick < 50; tick += 1) {
      stage.pass(100);
      stage.play();
    }

    expect(stage.player("a").raft.state.term).toBe(1);
  });

  test("a split vote ends in another election, since timeouts differ", () => {
    const stage = createStage(["a", "b", "c", "d"], { options: { hasPreVote: false } });
    stage.ask("a", { kind: "campaign" });
    stage.ask("b", { kind: "campaign" });
    stage.play(
      ({ from, to }) => [from, to].sort().join() === "a,d" || [from, to].sort().join() === "b,c",
    );
    stage.lose();
    for (let tick = 0; tick < 100; tick += 1) {
      stage.pass(50);
      stage.play();
    }

    expect(rolesOf(stage, ["a", "b", "c", "d"]).filter((role) => role === "leader").length).toBe(1);
  });
});

describe("paper §5.3: log replication", () => {
  test("an entry is committed once a majority has it, and slow followers are not waited for", () => {
    const stage = led(createStage(abcde));
    stage.propose("a", "x");
    playWithout(stage, "d", "e");

    expect(stage.player("a").applied).toEqual(["x"]);
  });

  test("a follower that lacks entries, or has others, gets the leader's (figure 7)", () => {
    const stage = led(createStage(abc));
    stage.propose("a", "only at a");
    stage.lose();
    stage.wait(5000, "b", "c");
    stage.ask("b", { kind: "campaign" });
    playWithout(stage, "a");
    stage.propose("b", "x");
    playWithout(stage, "a");
    stage.pass(100, "b");
    stage.play();

    expect(termsOf(stage.player("a"))).toEqual(termsOf(stage.player("b")));
    expect(stage.player("a").applied).toEqual(["x"]);
  });

  test("an append that comes late cuts nothing off", () => {
    const stage = led(createStage(abc));
    stage.propose("a", "x");
    const late = stage.messages.find(({ to, kind }) => to === "b" && kind === "append")!;
    stage.propose("a", "y");
    stage.play();
    const before = termsOf(stage.player("b")).length;
    (stage.messages as (typeof late)[]).push(late);
    stage.play();

    expect(termsOf(stage.player("b")).length).toBe(before);
  });
});

describe("paper §5.4: safety", () => {
  test("§5.4.1: who lacks a committed entry is not elected", () => {
    const stage = led(createStage(abc));
    stage.propose("a", "x");
    playWithout(stage, "c");
    stage.wait(5000, "b", "c");
    stage.ask("c", { kind: "campaign" });
    playWithout(stage, "a");

    expect(stage.player("c").raft.state.role.kind).not.toBe("leader");
  });

  // That an entry of an earlier term is not committed by counting is in `raft.figure-8.test.ts`.
  test("§5.4.2: an entry of an earlier term is committed with the first of the present one", () => {
    const stage = led(createStage(abc));
    stage.propose("a", "x");
    stage.play(({ to, kind }) => to === "a" || (to === "c" && kind === "append"));
    stage.lose();
    stage.wait(5000, "b", "c");
    stage.ask("b", { kind: "campaign" });
    playWithout(stage, "a");

    expect(stage.player("b").applied).toEqual(["x"]);
    expect(stage.player("c").applied).toEqual(["x"]);
  });
});

describe("paper §6, thesis §4.3: membership by joint consensus", () => {
  const joint = (stage: Stage): void =>
    stage.ask("a", {
      kind: "change-members",
      token: 1,
      changes: [
        { kind: "promote", node: "d" },
        { kind: "remove", node: "b" },
        { kind: "remove", node: "c" },
      ],
      isLeavingByItself: false,
    });
  const learned = (): Stage => {
    const stage = led(createStage(abc, { newcomers: ["d"] }));
    stage.ask("a", {
      kind: "change-members",
      token: 0,
      changes: [{ kind: "add-learner", node: "d" }],
    });
    stage.play();
    return stage;
  };

  test("a server uses the latest configuration in its log, committed or not", () => {
    const stage = learned();
    joint(stage);

    expect(stage.player("a").raft.state.log.configurations.at(-1)?.configuration.outgoing).toEqual(
      abc,
    );
  });

  test("while both hold, the old majority alone commits nothing", () => {
    const stage = learned();
    joint(stage);
    const { commitIndex } = stage.player("a").raft.state;
    playWithout(stage, "d");

    expect(stage.player("a").raft.state.commitIndex).toBe(commitIndex);
  });

  test("nor does the new one", () => {
    const stage = learned();
    joint(stage);
    const { commitIndex } = stage.player("a").raft.state;
    playWithout(stage, "b", "c");

    expect(stage.player("a").raft.state.commitIndex).toBe(commitIndex);
  });

  test("thesis §4.2.1: a newcomer is caught up before he counts", () => {
    const stage = led(createStage(abc, { newcomers: ["d"] }));
    stage.ask("a", {
      kind: "change-members",
      token: 0,
      changes: [{ kind: "add-learner", node: "d" }],
    });
    playWithout(stage, "d");
    joint(stage);

    expect(stage.player("a").outputs.at(-1)).toMatchObject({ kind: "refused", reason: "behind" });
  });

  test("thesis §4.2.2: a leader that removes itself steps down once that is committed, and one of the others leads", () => {
    const stage = led(createStage(abc));
    stage.ask("a", { kind: "change-members", token: 0, changes: [{ kind: "remove", node: "a" }] });
    stage.play();
    expect(stage.player("a").raft.state.role.kind).toBe("follower");
    for (let tick = 0; tick < 60; tick += 1) {
      stage.pass(100, "b", "c");
      stage.play();
    }

    expect(rolesOf(stage, ["b", "c"])).toContain("leader");
  });

  test("thesis §4.2.3: who is removed cannot unseat the leader", () => {
    const stage = led(createStage(abc));
    stage.ask("a", { kind: "change-members", token: 0, changes: [{ kind: "remove", node: "c" }] });
    stage.play();
    const { term } = stage.player("a").raft.state;
    for (let tick = 0; tick < 40; tick += 1) {
      stage.pass(100);
      stage.play();
    }

    expect(stage.player("a").raft.state.term).toBe(term);
  });

  test("bug in single-server changes (raft-dev, 2015): no change before an entry of the own term is committed", () => {
    const stage = createStage(abc);
    stage.ask("a", { kind: "campaign" });
    stage.play(({ kind }) => kind === "append");
    stage.ask("a", { kind: "change-members", token: 7, changes: [{ kind: "remove", node: "c" }] });

    expect(stage.player("a").outputs.at(-1)).toMatchObject({ kind: "refused", reason: "not-yet" });
  });
});

describe("paper §7, thesis §5: compaction", () => {
  test("a follower that needs what is compacted gets the snapshot, and keeps what follows the same entry", () => {
    const stage = led(createStage(abc, { options: { compactBytes: 60, keepEntryCount: 0 } }));
    playWithout(stage, "c");
    stage.propose("a", "x");
    stage.propose("a", "y");
    playWithout(stage, "c");
    const index = stage.player("a").raft.state.taking?.index ?? 0;
    stage.ask("a", { kind: "snapshot-taken", index, chunks: [Uint8Array.of(120)] });
    for (let tick = 0; tick < 3; tick += 1) {
      stage.pass(100, "a");
      stage.play();
    }

    expect(stage.player("c").applied).toEqual(["x", "y"]);
    expect(stage.player("c").raft.state.commitIndex).toBe(stage.player("a").raft.state.commitIndex);
  });
});

describe("paper §8, thesis §6: clients", () => {
  test("thesis §6.4: a deposed leader answers no read", () => {
    const stage = led(createStage(abc));
    stage.ask("a", { kind: "read", token: 1 });
    stage.lose();
    stage.wait(5000, "b", "c");
    stage.ask("b", { kind: "campaign" });
    playWithout(stage, "a");
    stage.pass(2000, "a");
    stage.play();

    const answers = stage.player("a").outputs.filter(({ kind }) => kind === "readable");
    expect(answers).toEqual([]);
  });

  test("paper §8: a new leader reads nothing before it has committed an entry of its term", () => {
    const stage = createStage(abc);
    stage.ask("a", { kind: "campaign" });
    stage.play(({ kind }) => kind === "append");
    stage.ask("a", { kind: "read", token: 1 });
    stage.play(({ kind }) => kind === "append");
    expect(stage.player("a").outputs.some(({ kind }) => kind === "readable")).toBe(false);
    stage.play();

    expect(stage.player("a").outputs.some(({ kind }) => kind === "readable")).toBe(true);
  });
});

describe("thesis §3.10: handing over", () => {
  test("the next leader has everything and does not wait for a timeout", () => {
    const stage = led(createStage(abc));
    stage.propose("a", "x");
    stage.ask("a", { kind: "transfer", token: 1, to: "b" });
    stage.play();

    expect(stage.player("b").raft.state.role.kind).toBe("leader");
    expect(stage.player("b").applied).toEqual(["x"]);
  });

  test("nothing is taken meanwhile, and all is as before if it fails", () => {
    const stage = led(createStage(abc));
    stage.ask("a", { kind: "transfer", token: 1, to: "b" });
    stage.lose();
    stage.propose("a", "x");
    expect(stage.player("a").outputs.at(-1)).toMatchObject({ reason: "transferring" });
    for (let tick = 0; tick < 12; tick += 1) {
      stage.pass(100, "a");
      stage.play();
    }
    stage.propose("a", "y");
    stage.play();

    expect(stage.player("a").applied).toEqual(["y"]);
  });
});

describe("thesis §9.6: pre-vote", () => {
  test("a server that was cut off does not raise anybody's term", () => {
    const stage = led(createStage(abc));
    for (let tick = 0; tick < 10; tick += 1) {
      stage.pass(2000, "c");
      stage.lose();
    }
    expect(stage.player("c").raft.state.term).toBe(1);
    stage.pass(100, "a");
    stage.play();

    expect(stage.player("a").raft.state.role.kind).toBe("leader");
  });
});

describe("thesis §10.2.1: writing to the leader's disk in parallel", () => {
  test("an entry may be committed before the leader's own disk has it", () => {
    const stage = led(createStage(abc));
    stage.slowDisk("a");
    stage.propose("a", "x");
    stage.play();

    expect(stage.player("a").applied).toEqual(["x"]);
    expect(stage.player("a").disk.view.entries.size).toBe(1);
  });

  test("but never counted for it: with one follower away it waits for its disk", () => {
    const stage = led(createStage(abc));
    stage.slowDisk("a");
    stage.propose("a", "x");
    playWithout(stage, "c");
    expect(stage.player("a").applied).toEqual([]);
    stage.flush("a");

    expect(stage.player("a").applied).toEqual(["x"]);
  });

  test("a lone server has an entry committed once its disk has it, not before", () => {
    const stage = led(createStage(["a"]));
    stage.slowDisk("a");
    stage.propose("a", "x");
    expect(stage.player("a").applied).toEqual([]);
    stage.flush("a");

    expect(stage.player("a").applied).toEqual(["x"]);
  });
});
