/** What a runtime promises a machine: order, one input at a time, and a `then` only after the disk. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assert, AssertionError } from "./assert.ts";
import type { Effect, Input, Machine, Protocol } from "./machine.ts";
import { type Runtime, type RuntimePorts, startRuntime } from "./runtime.ts";

interface Scripted extends Protocol {
  readonly request: string;
  readonly message: string;
  readonly output: string;
  readonly record: string;
  readonly query: string;
  readonly row: string;
}
type ScriptedEffect = Effect<Scripted>;

const deliver = (output: string): ScriptedEffect => ({ kind: "deliver", output });
const send = (message: string): ScriptedEffect => ({ kind: "send", to: "peer", message });
const submit = (request: string): ScriptedEffect => ({ kind: "submit", request });
const persistAll = (
  records: readonly string[],
  then: readonly ScriptedEffect[],
): ScriptedEffect => ({
  kind: "persist",
  records,
  then,
});
const persist = (record: string, ...then: readonly ScriptedEffect[]): ScriptedEffect =>
  persistAll([record], then);

interface World {
  readonly runtime: Runtime<Scripted>;
  /** Everything that left the machine, in order. */
  readonly left: string[];
  readonly inputs: Input<Scripted>[];
  readonly times: number[];
  readonly appends: ((error: Error | null) => void)[];
  readonly loads: ((error: Error | null, rows: readonly string[]) => void)[];
  readonly failures: Error[];
}

/** A machine that answers each request or message as the script says, in a world whose disk answers when the test says so. */
const startWorld = (
  script: Readonly<Record<string, readonly ScriptedEffect[] | (() => never)>>,
  ports: Partial<RuntimePorts<Scripted>> = {},
  records: readonly string[] = [],
): World => {
  const world: Omit<World, "runtime"> = {
    left: [],
    inputs: [],
    times: [],
    appends: [],
    loads: [],
    failures: [],
  };
  const effectsOf = (name: string): readonly ScriptedEffect[] => {
    const effects = script[name] ?? [];
    return typeof effects === "function" ? effects() : effects;
  };
  const machine: Machine<Scripted> = {
    recover: (recovered) => effectsOf(["recover", ...recovered].join(" ")),
    step: (input, nowMs) => {
      world.inputs.push(input);
      world.times.push(nowMs);
      if (input.kind === "submitted") return effectsOf(input.request);
      if (input.kind === "received") return effectsOf(input.message);
      return effectsOf(input.kind);
    },
  };
  const runtime = startRuntime<Scripted>(machine, records, {
    now: () => 7,
    append: (appended, done) => {
      world.left.push(`append ${appended.join(" ")}`);
      world.appends.push(done);
    },
    load: (query, done) => {
      world.left.push(`load ${query}`);
      world.loads.push(done);
    },
    send: (to, message) => void world.left.push(`send ${to} ${message}`),
    deliver: (output) => void world.left.push(`deliver ${output}`),
    wake: (atMs) => void world.left.push(`wake ${atMs}`),
    failed: (error) => void world.failures.push(error),
    ...ports,
  });
  return { ...world, runtime };
};

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

describe("fail-stop", () => {
  const failing: readonly [string, (world: World) => void][] = [
    ["a failed append", ({ appends }) => appends[0]!(new Error("planted"))],
    ["a failed load", ({ loads }) => loads[0]!(new Error("planted"), [])],
    ["a failed assertion", ({ runtime }) => runtime.received("peer", "assert")],
    ["a `deliver` that throws", ({ runtime }) => runtime.submitted("deliver")],
  ];

  const startFailing = (): World => {
    const world = startWorld(
      {
        open: [persist("1", send("then 1")), persist("2", send("then 2"))],
        load: [{ kind: "load", token: 1, query: "q" }],
        later: [send("later")],
        assert: () => assert(false, "planted") as never,
        deliver: [deliver("throws"), send("behind it")],
      },
      {
        deliver: () => {
          throw new Error("planted");
        },
      },
    );
    world.runtime.submitted("open");
    world.runtime.submitted("load");
    world.left.length = 0;
    return world;
  };

  test.each(failing)("%s is told once", (_name, fail) => {
    const world = startFailing();

    fail(world);
    fail(world);

    expect(world.failures.map(({ message }) => message)).toEqual(["planted"]);
    expect(world.runtime.isRunning).toBe(false);
  });

  test.each(failing)("after %s nothing leaves", (_name, fail) => {
    const world = startFailing();

    fail(world);
    world.appends[0]!(null);
    world.appends[1]!(null);
    world.loads[0]!(null, ["row"]);
    world.runtime.submitted("later");
    world.runtime.received("peer", "later");
    world.runtime.woken();

    expect(world.left).toEqual([]);
  });

  test("effects behind an append that fails at once are dropped", () => {
    const { runtime, left, failures } = startWorld(
      { a: [persist("r"), send("behind it")] },
      { append: (_records, done) => done(new Error("disk full")) },
    );

    runtime.submitted("a");

    expect(left).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  test("inputs that wait when an assertion fails are dropped", () => {
    const world: World = startWorld(
      { a: [deliver("1")], assert: () => assert(false, "planted") as never, b: [send("b")] },
      {
        deliver: () => {
          world.runtime.submitted("assert");
          world.runtime.submitted("b");
        },
      },
    );

    world.runtime.submitted("a");

    expect(world.inputs).toHaveLength(2);
    expect(world.left).toEqual([]);
  });

  test("a recovery that fails is told", () => {
    const { runtime, failures } = startWorld({ recover: () => assert(false, "planted") as never });

    expect(failures[0]).toBeInstanceOf(AssertionError);
    expect(runtime.isRunning).toBe(false);
  });

  test("what is thrown and is no error becomes one", () => {
    const { runtime, failures } = startWorld(
      { a: [send("x")] },
      {
        send: () => {
          // oxlint-disable-next-line no-throw-literal
          throw "planted";
        },
      },
    );

    runtime.submitted("a");

    expect(failures).toEqual([new Error("planted")]);
  });

  test.each([
    ["out of order", [1]],
    ["twice", [0, 0]],
  ])("appends that are answered %s stop the machine", (_name, answers) => {
    const { runtime, left, appends, failures } = startWorld({
      a: [persist("1", send("then 1")), persist("2", send("then 2"))],
    });

    runtime.submitted("a");
    for (const index of answers) appends[index]!(null);

    expect(failures[0]).toBeInstanceOf(AssertionError);
    expect(left).not.toContain("send peer then 2");
  });

  test("a load that is answered twice stops the machine", () => {
    const { runtime, inputs, loads, failures } = startWorld({
      a: [{ kind: "load", token: 1, query: "q" }],
    });

    runtime.submitted("a");
    loads[0]!(null, []);
    loads[0]!(null, []);

    expect(inputs).toHaveLength(2);
    expect(failures[0]).toBeInstanceOf(AssertionError);
  });
});

describe("stop", () => {
  test("is a crash: nothing leaves afterwards", () => {
    const { runtime, left, appends, failures } = startWorld({ a: [persist("r", send("x"))] });

    runtime.submitted("a");
    runtime.stop();
    appends[0]!(null);
    runtime.submitted("a");

    expect(left).toEqual(["append r"]);
    expect(failures).toEqual([]);
    expect(runtime.isRunning).toBe(false);
  });

  test("within a deliver drops the effects behind it", () => {
    const world: World = startWorld(
      { a: [deliver("1"), send("2"), submit("a")] },
      { deliver: () => world.runtime.stop() },
    );

    world.runtime.submitted("a");

    expect(world.left).toEqual([]);
    expect(world.inputs).toHaveLength(1);
  });

  test("a failure after it is not told", () => {
    const { runtime, appends, failures } = startWorld({ a: [persist("r")] });

    runtime.submitted("a");
    runtime.stop();
    appends[0]!(new Error("planted"));

    expect(failures).toEqual([]);
  });
});
