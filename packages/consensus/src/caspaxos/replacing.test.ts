/** A new acceptor that is given another epoch while it copies: nothing of the earlier page may count as a part of the later one. */
import { expect, test } from "vitest";
import { type Acceptor, createAcceptor } from "./acceptor.ts";
import type { AcceptorEffect } from "./acceptor-state.ts";
import { majorityConfig, type RegisterConfig } from "./config.ts";
import type { CopiedRegister, RegisterMessage } from "./messages.ts";

const ballot = { round: 7, proposer: "p" };
const rowOf = (key: string): CopiedRegister => ({
  key,
  register: {
    promise: ballot,
    accepted: { ballot, state: { value: Uint8Array.of(1), knownFrom: 0, sessions: [] } },
  },
});
const rows = [rowOf("k"), rowOf("l")];

const configOf = (epoch: number, incarnation: string): RegisterConfig =>
  majorityConfig(
    epoch,
    ["a", "b", "c"].map((name) => ({ name, incarnation: name === "c" ? incarnation : name })),
  );

/** c, with an empty disk that does what the test says: what it writes is listed, what it reads is answered by `loaded`. */
const newcomer = () => {
  const acceptor: Acceptor = createAcceptor({
    name: "c",
    incarnation: "new",
    firstConfig: configOf(1, "lost"),
  });
  const written: string[] = [];
  const tokenByKey = new Map<string, number>();
  const note = (effects: readonly AcceptorEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === "load" && effect.query.kind === "register") {
        tokenByKey.set(effect.query.key, effect.token);
      }
      if (effect.kind !== "persist") continue;
      for (const record of effect.records) {
        written.push(record.kind === "head" ? "head" : record.key);
      }
    }
  };
  note(acceptor.recover([], 0));
  const hear = (from: string, message: RegisterMessage): void =>
    note(acceptor.step({ kind: "received", from, message }, 0));
  const hand = (
    from: string,
    epoch: number,
    page: readonly CopiedRegister[],
    after: string | null,
  ) =>
    hear(from, {
      kind: "copied",
      epoch,
      afterKey: after,
      rows: page,
      isLast: page.length === 0,
      floor: 0,
    });
  return {
    written,
    /** It is to take the place in this epoch, and both others obey that. */
    replace: (epoch: number): void => {
      const request = { kind: "replace", config: configOf(epoch, "new") } as const;
      note(acceptor.step({ kind: "submitted", request }, 0));
      for (const from of ["a", "b"]) hear(from, { kind: "fenced", epoch });
    },
    hand,
    /** The disk says that it has nothing under this key. */
    loaded: (key: string): void =>
      note(acceptor.step({ kind: "loaded", token: tokenByKey.get(key) ?? 0, rows: [] }, 0)),
  };
};

test("it takes part once every row of the page is written, also of a page that came in two epochs", () => {
  const c = newcomer();
  c.replace(2);
  c.hand("a", 2, rows, null);
  c.replace(3);
  c.hand("a", 3, rows, null);
  c.hand("b", 3, [], null);

  // Under k wait the rows of both pages. Were both counted, the later page would be over, without what waits under l.
  c.loaded("k");
  c.hand("a", 3, [], "l");
  expect(c.written).toEqual(["k"]);

  c.loaded("l");
  c.hand("a", 3, [], "l");
  expect(c.written).toEqual(["k", "l", "head"]);
});

test("a row of an earlier epoch's page does not hold up the later page", () => {
  const c = newcomer();
  c.replace(2);
  c.hand("a", 2, rows, null);
  c.replace(3);
  c.loaded("k");
  c.loaded("l");
  c.hand("a", 3, rows, null);
  c.hand("a", 3, [], "l");
  c.hand("b", 3, [], null);

  expect(c.written).toEqual(["k", "l", "head"]);
});
