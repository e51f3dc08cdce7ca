/** What the CASPaxos paper says of the protocol (Rystsov 2018), and what it takes to be right where the paper is silent: each claim by its section. */
import { describe, expect, test } from "vitest";
import {
  acceptors,
  append,
  both,
  kind,
  newTable,
  proposers,
  set,
  settle,
  to,
  untilAccept,
  withNames,
  written,
} from "../consensus/caspaxos/at-the-table.ts";
import { createRegisterTable, type RegisterTable } from "../consensus/caspaxos/table.ts";

describe("§2.2 Protocol", () => {
  test("a change takes two round trips, and a majority suffices", () => {
    const table = newTable();
    table.change("p", "k", set("x"));

    expect(table.deliverOnly(withNames("a", "b"))).toBe(2);
    expect(table.deliverOnly(to("p"))).toBe(2);
    expect(table.deliverOnly(both(kind("accept"), to("a", "b")))).toBe(2);
    table.deliverOnly(to("p"));
    expect(table.outcome()).toBe("committed x");
  });

  test("a change is applied to what was committed before", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver(withNames("a", "b"));
    table.change("q", "k", append("y"));
    settle(table, "q", withNames("b", "c"));

    expect(table.outcome()).toBe("committed xy");
  });

  test("an acceptor that has promised a larger ballot refuses a smaller one, and says which it has seen", () => {
    const table = newTable();
    table.change("q", "k", set("y"));
    table.deliverOnly(to("a", "b", "c"));
    table.change("p", "k", set("x"));
    table.deliverOnly(both(kind("prepare"), to("a")));

    expect(table.underWay()).toContainEqual(
      expect.objectContaining({
        from: "a",
        to: "p",
        message: expect.objectContaining({ kind: "conflict", seen: { round: 1, proposer: "q" } }),
      }),
    );
  });

  test("promises and acceptances outlive the acceptor's process", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    for (const name of acceptors) table.restart(name);
    table.read("q", "k", 1);
    table.deliver();

    expect(table.outcome()).toBe("committed x");
  });

  test("a change that writes only where nothing is chooses one value for ever, as single-decree Paxos does", () => {
    const table = newTable();
    const once = (text: string) => ({ kind: "swap", from: "", to: text }) as const;
    table.change("p", "k", once("x"));
    table.deliver(withNames("a", "b"));
    expect(table.outcome()).toBe("committed x");

    for (const [proposer, names] of [["q", ["b", "c"]] as const, ["r", ["c", "a"]] as const]) {
      table.change(proposer, "k", once(proposer));
      settle(table, proposer, withNames(...names));
      expect(table.outcome()).toBe("rejected x");
    }
  });

  test("there is no leader to wait for: when a proposer is gone another one goes on at once", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliverOnly(to("a", "b", "c"));
    table.loseAll();
    table.change("q", "k", set("y"));
    table.deliver();

    expect(table.outcome()).toBe("committed y");
  });

  test("of five acceptors two may be down, and with three down nothing is told", () => {
    const table = newTable(undefined, 5);
    table.change("p", "k", set("x"));
    table.deliver(withNames("a", "b", "c"));
    expect(table.outcome()).toBe("committed x");

    table.told();
    table.change("q", "k", append("y"));
    table.deliver(withNames("a", "e"));
    table.wait("q", 1000);
    table.deliver(withNames("a", "e"));
    expect(table.told()).toEqual([]);

    settle(table, "q", withNames("a", "d", "e"));
    expect(table.outcome()).toBe("committed xy");
  });

  test("an accept message that comes twice is a success twice, and no conflict", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliverOnly(to("a"));
    table.deliverOnly(to("p"));
    table.loseAll();
    const message = {
      kind: "accept",
      epoch: 1,
      key: "k",
      ballot: { round: 1, proposer: "p" },
      state: { value: new Uint8Array(1), knownFrom: 0, sessions: [] },
      next: null,
    } as const;
    const answers = [1, 2].map(() => {
      const effects = table.acceptor("a").step({ kind: "received", from: "p", message }, 0);
      return JSON.stringify(effects).includes('"accepted"');
    });

    expect(answers).toEqual([true, true]);
  });
});

describe("§2.2.1 One round trip", () => {
  const changeTwice = (table: RegisterTable, names: readonly string[]): readonly string[] => {
    table.change("p", "k", set("x"));
    table.deliver(withNames(...names));
    table.change("p", "k", append("y"), { number: 2 });
    return [...new Set(table.underWay().map(({ message }) => message.kind))];
  };

  test("the next change of the same proposer needs no prepare", () => {
    const table = newTable();

    expect(changeTwice(table, ["a", "b"])).toEqual(["accept"]);
    table.deliver(withNames("b", "c"));
    expect(table.outcome()).toBe("committed xy");
  });

  test("it takes a prepare quorum that has promised the next ballot: an accept quorum may be too few", () => {
    const few = newTable({ prepareQuorum: 3, acceptQuorum: 2 }, 4);
    few.change("p", "k", set("x"));
    few.deliver(
      ({ from, to: target, message }) =>
        message.kind === "prepare" ||
        message.kind === "promise" ||
        [from, target].some((name) => ["a", "b"].includes(name)),
    );
    few.change("p", "k", append("y"), { number: 2 });
    expect(few.outcome()).toBe("committed x");
    expect(few.underWay().every(kind("prepare"))).toBe(true);

    const enough = newTable({ prepareQuorum: 3, acceptQuorum: 2 }, 4);
    expect(changeTwice(enough, ["a", "b", "c"])).toEqual(["accept"]);
  });

  test("a conflict ends it: another proposer has been there", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.change("q", "k", append("y"));
    settle(table, "q");
    expect(table.outcome()).toBe("committed xy");

    table.change("p", "k", append("z"), { number: 2 });
    settle(table, "p");
    expect(table.outcome()).toBe("committed xyz");
  });

  test("a new configuration ends it", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.configure("p", { ...table.config, epoch: 2 });
    table.change("p", "k", append("y"), { number: 2 });

    expect(table.underWay().every(kind("prepare"))).toBe(true);
  });
});

describe("§2.2.2 Low-cost quorums (flexible)", () => {
  test.each([
    [3, 2, 2],
    [4, 3, 2],
    [5, 5, 1],
  ])("of %i acceptors %i may prepare and %i accept", (count, prepareQuorum, acceptQuorum) => {
    const table = newTable({ prepareQuorum, acceptQuorum }, count);
    table.change("p", "k", set("x"));
    table.deliver();

    expect(table.outcome()).toBe("committed x");
  });

  test.each([
    [4, 2, 2],
    [5, 0, 5],
    [3, 2, 4],
  ])("of %i acceptors %i and %i are no quorums that meet", (count, prepareQuorum, acceptQuorum) => {
    expect(() => newTable({ prepareQuorum, acceptQuorum }, count)).toThrow(RangeError);
  });
});

describe("one ballot has one value, for ever (TLA: OnlyOneValuePerBallot)", () => {
  test("after a round that reached one acceptor only, the next change takes a larger ballot", () => {
    // What a published implementation does not: it goes on with the cached ballot, and the acknowledged value is lost.
    const table = newTable();
    table.change("p", "k", set("old"));
    table.deliver();
    table.change("p", "k", set("v1"), { number: 2 });
    table.deliverOnly(to("a"));
    table.loseAll();
    table.wait("p", 1000);
    table.loseAll();
    table.wait("p", 9500);
    expect(table.outcome()).toMatch(/^unknown/u);

    table.change("p", "k", set("v2"), { number: 3 });
    settle(table, "p", withNames("b", "c"));
    expect(table.outcome()).toBe("committed v2");

    table.read("q", "k", 1);
    settle(table, "q", withNames("a", "b"));
    expect(table.outcome()).toBe("committed v2");
  });

  const ballot = { round: 1, proposer: "p" };
  const stateOf = (byte: number) => ({ value: Uint8Array.of(byte), knownFrom: 0, sessions: [] });

  test("an acceptor drops another value in a ballot that it has accepted", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliverOnly(to("a"));
    const answers = [1, 2].map((byte) => {
      const state = stateOf(byte);
      const message = { kind: "accept", epoch: 1, key: "k", ballot, state, next: null } as const;
      const effects = table.acceptor("a").step({ kind: "received", from: "p", message }, 0);
      return effects.length > 0;
    });

    expect(answers).toEqual([true, false]);
    expect(table.acceptor("a").state.droppedCount).toBe(1);
    expect(table.acceptor("a").state.heldByKey.get("k")?.register?.accepted?.state).toEqual(
      stateOf(1),
    );
  });

  test("what a former process of the proposer has asked to read is not told to the next one", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.read("q", "k", 1);
    const answers = [1, 2, 3].map(() => ({
      kind: "reading" as const,
      key: "k",
      reader: "another life of q",
      number: 1,
      accepted: null,
    }));
    const effects = answers.flatMap((message, index) =>
      table.proposer("q").step({ kind: "received", from: acceptors[index]!, message }, 0),
    );

    expect(effects).toEqual([]);
  });

  test("two acceptors that have accepted two values in one ballot stop a proposer", () => {
    const table = newTable();
    table.read("q", "k", 1);
    const read = (from: string, byte: number): void => {
      const accepted = { ballot, state: stateOf(byte) };
      const message = { kind: "reading", key: "k", reader: "q", number: 1, accepted } as const;
      table.proposer("q").step({ kind: "received", from, message }, 0);
    };
    read("a", 1);

    expect(() => read("b", 2)).toThrow("a ballot has two values");
  });

  test("a promise that tells of its own ballot, or of a larger one, is dropped", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    for (const round of [1, 2]) {
      const accepted = { ballot: { round, proposer: "p" }, state: stateOf(1) };
      const message = { kind: "promise", key: "k", ballot, accepted, floor: 0 } as const;
      expect(table.proposer("p").step({ kind: "received", from: "a", message }, 0)).toEqual([]);
    }

    expect(table.proposer("p").state.droppedCount).toBe(2);
  });

  test("a key that was dropped from memory does not begin with its first ballot again", () => {
    const table = createRegisterTable({ acceptors, proposers, limits: { keysMax: 1 } });
    table.change("p", "k", set("x"));
    table.deliver();
    table.change("p", "other", set("x"), { number: 2 });
    table.deliver();
    expect([...table.proposer("p").state.keys.keys()]).toEqual(["other"]);

    table.change("p", "k", set("y"), { number: 3 });

    expect(table.underWay()[0]?.message).toMatchObject({ kind: "prepare", ballot: { round: 5 } });
  });
});

describe("outcomes are three-valued", () => {
  /** p's change is accepted by one acceptor, and p hears nothing. */
  const leaveHalfDone = (table: RegisterTable): void => {
    table.change("p", "k", append("x"));
    table.deliverOnly(to("a", "b", "c"));
    table.deliverOnly(to("p"));
    table.deliverOnly(both(kind("accept"), to("a")));
    table.loseAll();
    for (let tries = 0; tries < 8; tries += 1) {
      table.wait("p", 4000);
      table.loseAll();
    }
  };

  test("what may have been accepted somewhere is unknown, not failed", () => {
    const table = newTable();
    leaveHalfDone(table);

    expect(table.outcome()).toBe("unknown since round 1");
  });

  test("what was proposed to nobody is certainly not applied", () => {
    const table = newTable();
    table.change("p", "k", append("x"));
    for (let tries = 0; tries < 8; tries += 1) {
      table.loseAll();
      table.wait("p", 4000);
    }

    expect(table.outcome()).toBe("no-quorum");
  });

  test("it may be chosen later, by another proposer's prepare; then a retry returns the first result", () => {
    const table = newTable();
    leaveHalfDone(table);
    table.change("q", "k", append("y"));
    settle(table, "q", withNames("a", "b"));
    expect(table.outcome()).toBe("committed xy");

    table.change("r", "k", append("x"), { client: "p", number: 1 }, 1);
    settle(table, "r");
    expect(table.outcome()).toBe("committed x");
    table.read("q", "k", 2);
    table.deliver();
    expect(table.outcome()).toBe("committed xy");
  });

  test("a retry is applied if it never was", () => {
    const table = newTable();
    leaveHalfDone(table);
    table.change("q", "k", append("y"));
    settle(table, "q", withNames("b", "c"));
    table.change("r", "k", append("x"), { client: "p", number: 1 }, 1);
    settle(table, "r", withNames("b", "c"));

    expect(table.outcome()).toBe("committed yx");
  });

  test("a register that has forgotten the client says so, and applies nothing", () => {
    const table = createRegisterTable({ acceptors, proposers, limits: { clientsMax: 1 } });
    table.change("p", "k", append("x"));
    table.deliver();
    table.change("p", "k", append("y"), { client: "another" });
    table.deliver();
    table.change("p", "k", append("x"), { number: 1 }, 1);
    table.deliver();
    expect(table.outcome()).toBe("forgotten");

    table.read("q", "k", 1);
    table.deliver();
    expect(table.outcome()).toBe("committed xy");
  });

  test("a change that refuses is rejected by what is committed, not by what one acceptor has", () => {
    const table = newTable();
    leaveHalfDone(table);
    table.change("q", "k", { kind: "swap", from: "other", to: "y" });
    untilAccept(table, "q", both(withNames("a", "b"), to("a", "b")));
    // What it has found is written back before it is told.
    expect(table.underWay().some(kind("accept"))).toBe(true);
    expect(table.outcome()).not.toMatch(/^rejected/u);

    settle(table, "q", withNames("a", "b"));
    expect(table.outcome()).toBe("rejected x");
    expect(written(table, "k").slice(0, 2)).toEqual(["x", "x"]);
  });
});

describe("§2.2 Reading: the identity change, or an agreement", () => {
  test("acceptors that agree are believed in one round trip, and nothing is written", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.read("q", "k", 1);

    expect(table.deliverOnly(to("a", "b", "c"))).toBe(3);
    table.deliverOnly(to("q"));
    expect(table.outcome()).toBe("committed x");
    expect(table.underWay()).toEqual([]);
  });

  test("of a mixed set nothing is told before it is written back", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliverOnly(to("a", "b", "c"));
    table.deliverOnly(to("p"));
    table.deliverOnly(both(kind("accept"), to("a")));
    table.loseAll();
    table.read("q", "k", 1);
    table.deliverOnly(withNames("a", "b"));
    table.deliverOnly(to("q"));
    expect(table.outcome()).toBe("");

    table.loseAll();
    table.wait("q", 3000);
    settle(table, "q", withNames("a", "b"));
    expect(table.outcome()).toBe("committed x");
    expect(written(table, "k").slice(0, 2)).toEqual(["x", "x"]);
  });

  test("an accept quorum that need not meet another one is not believed alone", () => {
    const table = newTable({ prepareQuorum: 3, acceptQuorum: 2 }, 4);
    table.change("p", "k", set("x"));
    table.deliver(
      ({ from, to: target, message }) =>
        !["accept", "accepted"].includes(message.kind) ||
        [from, target].some((name) => "ab".includes(name)),
    );
    table.change("q", "k", set("y"));
    settle(table, "q", ({ from, to: target, message }) =>
      ["accept", "accepted"].includes(message.kind)
        ? [from, target].some((name) => "cd".includes(name))
        : ![from, target].includes("a"),
    );
    expect(table.outcome()).toBe("committed y");
    expect(written(table, "k")).toEqual(["x", "x", "y", "y"]);

    table.told();
    table.read("r", "k", 1);
    table.deliverOnly(withNames("a", "b"));
    table.deliverOnly(to("r"));
    expect(table.told()).toEqual([]);
    table.deliver();
    expect(table.outcome()).toBe("committed y");
  });
});

describe("§2.1 Ballots: a conflict moves a proposer forward", () => {
  test("the next ballot is larger than what was in the way, and comes after a while", () => {
    const table = newTable();
    for (let number = 1; number <= 5; number += 1) {
      table.change("q", "k", append("y"), { number });
      table.deliver();
    }
    table.change("p", "k", append("x"));
    table.deliver();
    expect(table.underWay()).toEqual([]);
    expect(table.proposer("p").state.keys.get("k")?.retryAtMs).toBeGreaterThan(0);

    table.wait("p", 3000);
    expect(table.underWay()[0]?.message).toMatchObject({ kind: "prepare", ballot: { round: 7 } });
  });
});
