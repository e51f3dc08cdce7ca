/** Exactly once, however often a command stands in the log, before and after a snapshot. */
import { describe, expect, test } from "vitest";
import {
  createSessions,
  encodeSessionCommand,
  RESULTS_MAX,
  type ReplicatedState,
  type SessionCommand,
  type Sessions,
} from "./sessions.ts";

/** Counts how often it was asked. */
const createCounter = (): ReplicatedState & { count: number } => {
  const counter = {
    count: 0,
    apply: () => {
      counter.count += 1;
      return Uint8Array.of(counter.count);
    },
    encode: () => Uint8Array.of(counter.count),
    decode: (bytes: Uint8Array) => {
      counter.count = bytes[0] ?? 0;
    },
  };
  return counter;
};

const call = (session: number, number: number, doneNumber = 0, timeMs = 0): SessionCommand => ({
  kind: "call",
  timeMs,
  session,
  number,
  doneNumber,
  command: Uint8Array.of(1),
});
const open = (timeMs = 0): SessionCommand => ({ kind: "open", timeMs });

const begin = (expiryMs = 1000) => {
  const state = createCounter();
  const sessions: Sessions = createSessions(state, expiryMs);
  let index = 0;
  const apply = (command: SessionCommand) => {
    index += 1;
    return sessions.apply(index, encodeSessionCommand(command));
  };
  return { state, sessions, apply };
};

describe("a command", () => {
  test("that stands in the log twice has its effect once, and the first result", () => {
    const { state, apply } = begin();
    apply(open());

    expect(apply(call(1, 1))).toEqual({ kind: "done", result: Uint8Array.of(1) });
    expect(apply(call(1, 1))).toEqual({ kind: "done", result: Uint8Array.of(1) });
    expect(state.count).toBe(1);
  });

  test("that comes again after a snapshot has no second effect", () => {
    const one = begin();
    one.apply(open());
    one.apply(call(1, 1));
    const other = begin();
    other.sessions.decode(one.sessions.encode());

    expect(other.apply(call(1, 1))).toEqual({ kind: "done", result: Uint8Array.of(1) });
    expect(other.state.count).toBe(1);
    expect(other.sessions.encode()).toEqual(one.sessions.encode());
  });

  test("whose result the client has is forgotten and still not done again", () => {
    const { state, apply } = begin();
    apply(open());
    apply(call(1, 1));
    apply(call(1, 2, 1));

    expect(apply(call(1, 1))).toEqual({ kind: "forgotten" });
    expect(state.count).toBe(2);
  });

  test("of a session that there is not has no effect", () => {
    const { state, apply } = begin();

    expect(apply(call(9, 1))).toEqual({ kind: "no-session" });
    expect(state.count).toBe(0);
  });

  test("beyond the results that are kept waits", () => {
    const { apply } = begin();
    apply(open());
    for (let number = 1; number <= RESULTS_MAX; number += 1) apply(call(1, number));

    expect(apply(call(1, RESULTS_MAX + 1))).toEqual({ kind: "too-far-ahead" });
    expect(apply(call(1, RESULTS_MAX + 1, 1))?.kind).toBe("done");
  });
});

describe("a session", () => {
  test("ends by an entry, not by a clock", () => {
    const { sessions, apply } = begin(1000);
    apply(open(0));
    apply(open(5000));

    expect(sessions.sessionCount).toBe(2);
    apply({ kind: "expire", timeMs: 5000 });
    expect(sessions.sessionCount).toBe(1);
  });

  test("that is used does not end", () => {
    const { sessions, apply } = begin(1000);
    apply(open(0));
    apply(call(1, 1, 0, 900));
    apply({ kind: "expire", timeMs: 1800 });

    expect(sessions.sessionCount).toBe(1);
  });

  test("is not brought back by a leader whose clock is behind", () => {
    const { apply } = begin(1000);
    apply(open(0));
    apply({ kind: "expire", timeMs: 5000 });

    expect(apply(call(1, 1, 0, 10))).toEqual({ kind: "no-session" });
  });
});

test.each([[[]], [[9]], [[0]], [[1, 0, 1]], [[0, 5, 5]]])("%j is no command", (bytes) => {
  const { sessions } = begin();

  expect(sessions.apply(1, Uint8Array.from(bytes))).toBe(null);
});
