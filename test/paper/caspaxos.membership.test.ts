/** What the CASPaxos paper says of membership and deletion (Rystsov 2018), and of what is done differently here: each claim by its section. */
import type { RegisterConfig } from "@syncline/consensus/caspaxos";
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
  withNames,
  written,
} from "../consensus/caspaxos/at-the-table.ts";
import { createRegisterTable, type RegisterTable } from "../consensus/caspaxos/table.ts";

describe("§2.3 Membership: an acceptor is replaced", () => {
  const replaced = (
    table: RegisterTable,
    name: string,
    incarnation: string,
    epoch: number,
  ): RegisterConfig => ({
    ...table.config,
    epoch,
    acceptors: table.config.acceptors.map((acceptor) =>
      acceptor.name === name ? { name, incarnation } : acceptor,
    ),
  });

  test("an acceptor with a lost disk answers nothing", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver(withNames("a", "b"));
    table.wipe("b");
    table.read("q", "k", 1);
    table.deliver(withNames("b", "c"));

    expect(table.outcome()).toBe("committed x");
    expect(table.told()).toHaveLength(1);
  });

  test("it takes part once all others obey the new epoch and it has what they have", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver(withNames("a", "b"));
    const config = replaced(table, "b", table.wipe("b"), 2);
    table.replace("b", config);
    table.deliver();
    expect(table.lines.at(-1)).toBe("-- b takes part in epoch 2");

    table.configure("q", config);
    table.read("q", "k", 1);
    settle(table, "q", withNames("b", "c"));
    expect(table.outcome()).toBe("committed x");
  });

  test("proposers of the old epoch are refused, and told of the new one", () => {
    const table = newTable();
    table.replace("b", replaced(table, "b", table.wipe("b"), 2));
    table.deliver();
    table.change("p", "k", set("x"));
    table.deliver();

    expect(table.told()).toContainEqual({ kind: "stale", epoch: 2 });
    expect(written(table, "k")).toEqual([null, null, null]);
  });

  test("every acceptor may be replaced, one after the other, and nothing is lost", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver(withNames("a", "b"));
    let { config } = table;
    for (const name of acceptors) {
      const incarnation = table.wipe(name);
      config = {
        ...config,
        epoch: config.epoch + 1,
        acceptors: config.acceptors.map((one) => (one.name === name ? { name, incarnation } : one)),
      };
      table.replace(name, config);
      table.deliver();
    }
    table.configure("q", config);
    table.read("q", "k", 1);
    settle(table, "q");

    expect(table.outcome()).toBe("committed x");
    expect(acceptors.map((name) => table.acceptor(name).state.head?.config.epoch)).toEqual([
      4, 4, 4,
    ]);
  });

  test("what was accepted in the old epoch is committed by nobody who obeys the new one", () => {
    // p's change is accepted by b, which loses its disk; the others hear of it only when they obey the next epoch.
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliverOnly(to("a", "b", "c"));
    table.deliverOnly(to("p"));
    table.deliverOnly(both(kind("accept"), to("b")));
    table.deliverOnly(to("p"));
    const late = table.underWay().filter(kind("accept"));
    table.loseAll();
    table.replace("b", replaced(table, "b", table.wipe("b"), 2));
    table.deliver();

    for (const { to: name, message } of late) {
      const effects = table.acceptor(name).step({ kind: "received", from: "p", message }, 0);
      expect(effects).toEqual([{ kind: "send", to: "p", message: { kind: "stale", epoch: 2 } }]);
    }
    expect(late).toHaveLength(2);
    expect(written(table, "k")).toEqual([null, null, null]);
  });

  test("it waits for the last of the others", () => {
    const table = newTable(undefined, 5);
    table.replace("b", replaced(table, "b", table.wipe("b"), 2));
    table.deliver(({ from, to: target }) => ![from, target].includes("e"));
    expect(table.acceptor("b").state.head).toBeNull();

    table.wait("b", 2000);
    table.deliver();
    expect(table.acceptor("b").state.head?.config.epoch).toBe(2);
  });

  test("of two configurations for one epoch the first is obeyed", () => {
    const table = newTable();
    const first = replaced(table, "b", table.wipe("b"), 2);
    table.replace("b", first);
    table.deliverOnly(to("a"));
    table.loseAll();
    table.replace("c", replaced(table, "c", table.wipe("c"), 2));
    table.deliver();

    expect(table.acceptor("c").state.head).toBeNull();
    expect(table.acceptor("a").state.head?.config).toEqual(first);
  });

  test("a page that was read before a later epoch was obeyed is not handed over for that one", () => {
    // b's question of epoch 2 comes to a once more; before the page is read b is lost again, and a obeys epoch 3.
    const table = newTable();
    const second = replaced(table, "b", table.wipe("b"), 2);
    table.replace("b", second);
    table.deliver();
    const a = table.acceptor("a");
    const again = { kind: "copy", epoch: 2, afterKey: null } as const;
    const [load] = a.step({ kind: "received", from: "b", message: again }, 0);
    const third = replaced(table, "b", table.wipe("b"), 3);
    a.step({ kind: "received", from: "b", message: { kind: "fence", config: third } }, 0);

    expect(load).toMatchObject({ kind: "load" });
    expect(
      load?.kind === "load" && a.step({ kind: "loaded", token: load.token, rows: [] }, 0),
    ).toEqual([]);
  });

  test("it is not done where one acceptor alone may have what was committed", () => {
    const table = newTable({ prepareQuorum: 3, acceptQuorum: 1 });
    table.replace("b", replaced(table, "b", table.wipe("b"), 2));

    expect(table.underWay()).toEqual([]);
    expect(table.acceptor("b").state.droppedCount).toBe(1);
  });
});

describe("§3.1 Deletion", () => {
  const erasedTable = (): RegisterTable => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.remove("p", "k", 2);
    table.deliver();
    expect(table.outcome()).toBe("committed");
    table.collect("p", "k");
    table.deliver();
    return table;
  };
  const rows = (table: RegisterTable): unknown[] =>
    acceptors.map((name) => table.acceptor(name).state.heldByKey.get("k")?.register ?? null);

  test("a deletion is a change, and what it leaves is erased everywhere", () => {
    const table = erasedTable();

    expect(table.told()).toContainEqual({ kind: "collected", key: "k", isErased: true });
    expect(rows(table)).toEqual([null, null, null]);
    table.read("q", "k", 1);
    table.deliver();
    expect(table.outcome()).toBe("committed nothing");
  });

  test("nothing is erased while one acceptor has not accepted the deletion", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.remove("p", "k", 2);
    table.deliver(withNames("a", "b"));
    table.collect("p", "k");
    table.deliver(withNames("a", "b"));
    table.wait("p", 1000);
    table.deliver(withNames("a", "b"));

    expect(table.told()).toContainEqual({ kind: "collected", key: "k", isErased: false });
    expect(rows(table).every((row) => row !== null)).toBe(true);
  });

  test("what is older and still on its way is refused afterwards: no deletion is lost", () => {
    const table = newTable();
    table.change("q", "k", set("late"));
    table.deliverOnly(to("a", "b", "c"));
    table.deliverOnly(to("q"));
    const late = table.underWay();
    expect(late.every(kind("accept"))).toBe(true);
    table.loseAll();
    table.change("p", "k", set("x"));
    settle(table, "p");
    table.remove("p", "k", 2);
    table.deliver();
    table.collect("p", "k");
    table.deliver();
    expect(rows(table)).toEqual([null, null, null]);

    for (const { to: name, message } of late) {
      const effects = table.acceptor(name).step({ kind: "received", from: "q", message }, 0);
      expect(JSON.stringify(effects)).toContain('"conflict"');
    }
  });

  test("a promise is kept beyond the erasure: no update is lost", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.remove("p", "k", 2);
    table.deliver();
    table.collect("p", "k");
    table.deliverOnly(kind("prepare"));
    table.deliverOnly(kind("promise"));
    table.deliverOnly(kind("accept"));
    table.deliverOnly(kind("accepted"));
    // q has a larger promise of a and b, which have the deletion.
    table.change("q", "k", set("early"));
    table.proposer("q").state.keys.get("k")!.round = 60;
    table.wait("q", 1000);
    table.loseAll();
    table.wait("q", 3000);
    const ballotOfQ = table.underWay().find(kind("prepare"))!.message;
    table.deliverOnly(both(kind("prepare"), to("a", "b")));
    const { round } = table.acceptor("a").state.heldByKey.get("k")!.register!.promise;

    table.acceptor("a").step(
      {
        kind: "received",
        from: "p",
        message: {
          kind: "erase",
          epoch: 1,
          key: "k",
          ballot: table.acceptor("a").state.heldByKey.get("k")!.register!.accepted!.ballot,
        },
      },
      0,
    );

    expect(ballotOfQ).toMatchObject({ ballot: { round } });
    expect(table.acceptor("a").state.heldByKey.get("k")!.register).toBeNull();
    expect(table.acceptor("a").state.head?.floor).toBe(round);
  });

  test("a proposer that has cached what was before the deletion is refused, and begins above the floor", () => {
    const table = newTable();
    table.change("q", "k", set("x"));
    table.deliver();
    table.remove("p", "k", 1);
    settle(table, "p");
    table.collect("p", "k");
    table.deliver();
    expect(rows(table)).toEqual([null, null, null]);
    const { floor } = table.acceptor("a").state.head!;

    table.change("q", "k", append("y"), { number: 2 });
    expect(table.underWay().every(kind("accept"))).toBe(true);
    settle(table, "q");
    // It was proposed in a round of the former life, of which nobody remembers anything: q cannot know that nobody has accepted it.
    expect(table.outcome()).toBe("forgotten");

    table.change("q", "k", append("z"), { number: 3 });
    settle(table, "q");
    expect(table.outcome()).toBe("committed z");
    expect(table.acceptor("a").state.heldByKey.get("k")!.register!.promise.round).toBeGreaterThan(
      floor,
    );
  });

  test("an erasure that was cut off between two acceptors is completed by another proposer", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    table.deliver();
    table.remove("p", "k", 2);
    table.deliver();
    table.collect("p", "k");
    for (const step of ["prepare", "promise", "accept", "accepted"]) table.deliverOnly(kind(step));
    table.deliverOnly(both(kind("erase"), to("a")));
    table.loseAll();
    for (const name of acceptors) table.restart(name);
    table.read("q", "k", 1);
    settle(table, "q");
    expect(table.outcome()).toBe("committed nothing");

    for (let tries = 0; tries < 4; tries += 1) {
      table.collect("q", "k");
      table.deliver();
      table.wait("q", 3000);
    }
    expect(rows(table)).toEqual([null, null, null]);
  });

  test("a key that never was leaves no row once it is collected", () => {
    const table = newTable();
    table.remove("p", "k", 1);
    table.deliver();
    expect(rows(table).every((row) => row !== null)).toBe(true);
    table.collect("p", "k");
    table.deliver();

    expect(table.told()).toContainEqual({ kind: "collected", key: "k", isErased: true });
    expect(rows(table)).toEqual([null, null, null]);
    // The promise holds, though its row is gone.
    expect(table.acceptor("a").state.head?.floor).toBe(2);
  });

  test("a key that was erased can be made anew", () => {
    const table = erasedTable();
    table.change("q", "k", append("z"));
    settle(table, "q");

    expect(table.outcome()).toBe("committed z");
  });

  test("a retry of what was done before the erasure is not applied again", () => {
    const table = erasedTable();
    table.change("q", "k", append("x"), { client: "p", number: 1 }, 1);
    settle(table, "q");

    expect(table.outcome()).toBe("forgotten");
  });
});

describe("a peer's nonsense", () => {
  test.each([
    ["a round beyond what may be asked", { round: 2 ** 48 - 1, proposer: "p" }],
    ["a proposer called as a floor", { round: 1, proposer: "\uffff" }],
    ["a proposer without a name", { round: 1, proposer: "" }],
    ["a round of 0", { round: 0, proposer: "p" }],
  ])("%s is dropped and counted", (_what, ballot) => {
    const table = newTable();
    const message = { kind: "prepare", epoch: 1, key: "k", ballot } as const;

    expect(table.acceptor("a").step({ kind: "received", from: "p", message }, 0)).toEqual([]);
    expect(table.acceptor("a").state.droppedCount).toBe(1);
  });

  test("a next ballot that is another's is dropped", () => {
    const table = newTable();
    const message = {
      kind: "accept",
      epoch: 1,
      key: "k",
      ballot: { round: 1, proposer: "p" },
      state: { value: null, knownFrom: 0, sessions: [] },
      next: { round: 2, proposer: "q" },
    } as const;

    expect(table.acceptor("a").step({ kind: "received", from: "p", message }, 0)).toEqual([]);
  });

  test("a conflict with a round beyond all does not stop a proposer", () => {
    const table = newTable();
    table.change("p", "k", set("x"));
    const message = {
      kind: "conflict",
      key: "k",
      ballot: { round: 1, proposer: "p" },
      seen: { round: 2 ** 48 - 1, proposer: "q" },
    } as const;
    table.proposer("p").step({ kind: "received", from: "a", message }, 0);
    table.deliver();

    expect(table.outcome()).toBe("committed x");
  });
});

describe("§3 Keys are registers of their own", () => {
  test("one that makes no progress does not hold up another", () => {
    const table = newTable();
    table.change("p", "stuck", set("x"));
    table.loseAll();
    table.change("p", "k", set("x"), { number: 2 });
    table.deliver();

    expect(table.outcome()).toBe("committed x");
  });

  test("operations beyond the limits are rejected at once", () => {
    const table = createRegisterTable({ acceptors, proposers, limits: { queueMax: 1 } });
    table.change("p", "k", set("x"));
    table.change("p", "k", set("y"), { number: 2 });
    table.change("p", "k", set("z"), { number: 3 });
    expect(table.outcome()).toBe("busy");

    table.change("p", "k".repeat(2000), set("x"), { number: 4 });
    expect(table.outcome()).toBe("too-large");
    table.loseAll();
    table.change("p", "large", set("x".repeat(70_000)), { number: 5 });
    table.deliver();
    expect(table.outcome()).toBe("too-large");
  });
});
