/** What a runtime promises a machine: order, one input at a time, and a `then` only after the disk. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deliver,
  persist,
  persistAll,
  type Scripted,
  send,
  startWorld,
  submit,
  type World,
} from "../test/scripted-world.ts";
import type { Machine } from "./machine.ts";
import { startRuntime } from "./runtime.ts";

describe("what is brought together", () => {
  const script = {
    a: [persist("1", submit("told 1"))],
    b: [persist("2", submit("told 2"))],
    "told 1": [submit("pass on")],
    "told 2": [submit("pass on")],
  };

  test("is carried out after the last of it, each `then` before any input", () => {
    const { runtime, appends, inputs } = startWorld(script);
    runtime.submitted("a");
    runtime.submitted("b");
    inputs.length = 0;

    runtime.together(() => {
      for (const done of appends) done(null);
      expect(inputs).toEqual([]);
    });

    const requests = inputs.map((input) => input.kind === "submitted" && input.request);
    expect(requests).toEqual(["told 1", "told 2", "pass on", "pass on"]);
  });

  test("waits for the effects under way like everything else", () => {
    const world = startWorld(
      { a: [deliver("first"), deliver("second")], b: [deliver("third")] },
      {
        deliver: (output) => {
          world.left.push(output);
          if (output === "first") world.runtime.together(() => world.runtime.submitted("b"));
        },
      },
    );

    world.runtime.submitted("a");

    expect(world.left).toEqual(["first", "second", "third"]);
  });
});

describe("inputs", () => {
  test("reach the machine as they came, with the time of the port", () => {
    const { runtime, inputs, times } = startWorld({});

    runtime.submitted("a");
    runtime.received("peer", "b");
    runtime.woken();

    expect(inputs).toEqual([
      { kind: "submitted", request: "a" },
      { kind: "received", from: "peer", message: "b" },
      { kind: "woken" },
    ]);
    expect(times).toEqual([7, 7, 7]);
  });

  test("recover comes first, with the records of the journal", () => {
    const { left } = startWorld({ "recover x y": [deliver("recovered")] }, {}, ["x", "y"]);

    expect(left).toEqual(["deliver recovered"]);
  });

  test("one that comes from a deliver is taken after the effects under way", () => {
    const world: World = startWorld(
      { a: [deliver("1"), send("2")], b: [send("3")] },
      {
        deliver: (output) => {
          world.left.push(`deliver ${output}`);
          world.runtime.submitted("b");
          world.left.push("deliver returns");
        },
      },
    );

    world.runtime.submitted("a");

    expect(world.left).toEqual(["deliver 1", "deliver returns", "send peer 2", "send peer 3"]);
  });

  test("one that a `submit` gives back waits behind those that came before", () => {
    const world: World = startWorld(
      { a: [deliver("1"), submit("own")], other: [send("other")], own: [send("own")] },
      { deliver: () => world.runtime.submitted("other") },
    );

    world.runtime.submitted("a");

    expect(world.left).toEqual(["send peer other", "send peer own"]);
  });

  test("ten thousand that cause each other need no stack", () => {
    let count = 0;
    const world: World = startWorld(
      { again: [deliver("")] },
      {
        deliver: () => {
          count += 1;
          if (count < 10_000) world.runtime.submitted("again");
        },
      },
    );

    world.runtime.submitted("again");

    expect(world.inputs).toHaveLength(10_000);
  });
});

describe("effects", () => {
  test("are carried out in order", () => {
    const { runtime, left } = startWorld({
      a: [
        send("1"),
        { kind: "wake", atMs: 12 },
        deliver("2"),
        { kind: "load", token: 1, query: "3" },
        persist("4"),
        send("5"),
      ],
    });

    runtime.submitted("a");

    expect(left).toEqual([
      "send peer 1",
      "wake 12",
      "deliver 2",
      "load 3",
      "append 4",
      "send peer 5",
    ]);
  });

  test("what stands in a `then` is held back until the records are on disk", () => {
    const { runtime, left, appends } = startWorld({ a: [persist("r", send("vote")), send("now")] });

    runtime.submitted("a");
    expect(left).toEqual(["append r", "send peer now"]);

    appends[0]!(null);
    expect(left).toEqual(["append r", "send peer now", "send peer vote"]);
  });

  test("a `then` waits for the effects under way if the disk answers at once", () => {
    const { runtime, left } = startWorld(
      { a: [persist("r", send("then")), send("beside")] },
      { append: (_records, done) => done(null) },
    );

    runtime.submitted("a");

    expect(left).toEqual(["send peer beside", "send peer then"]);
  });

  test("a `then` in a `then` waits for its own records", () => {
    const { runtime, left, appends } = startWorld({ a: [persist("1", persist("2", send("x")))] });

    runtime.submitted("a");
    appends[0]!(null);
    expect(left).toEqual(["append 1", "append 2"]);

    appends[1]!(null);
    expect(left.at(-1)).toBe("send peer x");
  });

  test("a `submit` in a `then` tells the machine that the records are on disk", () => {
    const { runtime, inputs, appends } = startWorld({ a: [persist("r", submit("persisted"))] });

    runtime.submitted("a");
    runtime.submitted("b");
    appends[0]!(null);

    expect(inputs.map((input) => input.kind === "submitted" && input.request)).toEqual([
      "a",
      "b",
      "persisted",
    ]);
  });

  test("a persist without records is asked for like any other, so that it is a barrier", () => {
    const { runtime, left, appends } = startWorld({
      a: [persist("r"), persistAll([], [send("barrier")])],
    });

    runtime.submitted("a");
    appends[0]!(null);
    expect(left).toEqual(["append r", "append "]);

    appends[1]!(null);
    expect(left.at(-1)).toBe("send peer barrier");
  });

  test("a load is answered with its token", () => {
    const { runtime, inputs, loads } = startWorld({
      a: [
        { kind: "load", token: 1, query: "x" },
        { kind: "load", token: 2, query: "y" },
      ],
    });

    runtime.submitted("a");
    loads[1]!(null, ["row y"]);
    loads[0]!(null, []);

    expect(inputs.slice(1)).toEqual([
      { kind: "loaded", token: 2, rows: ["row y"] },
      { kind: "loaded", token: 1, rows: [] },
    ]);
  });
});

test("a `then` runs after its append and in the order of the persists, whenever the disk answers", () => {
  const action = fc.constantFrom("submit", "answer");
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.boolean(), (actions, isSync) => {
      const durable: string[] = [];
      const told: string[] = [];
      const open: (() => void)[] = [];
      let count = 0;
      const machine: Machine<Scripted> = {
        recover: () => [],
        step: () => {
          count += 1;
          return [persist(`${count}`, deliver(`${count}`))];
        },
      };
      const runtime = startRuntime<Scripted>(machine, [], {
        now: () => 0,
        append: (records, done) => {
          const answer = (): void => {
            durable.push(...records);
            done(null);
          };
          if (isSync) answer();
          else open.push(answer);
        },
        load: () => {},
        send: () => {},
        deliver: (output) => {
          expect(durable).toContain(output);
          told.push(output);
        },
        wake: () => {},
        failed: (error) => expect.fail(error.message),
      });

      for (const one of actions) {
        if (one === "submit") runtime.submitted("");
        else open.shift()?.();
      }

      expect(told).toEqual(durable);
    }),
  );
});
