/** How a runtime ends: at a failure, or when it is stopped. */
import { describe, expect, test } from "vitest";
import { deliver, persist, send, startWorld, submit, type World } from "../test/scripted-world.ts";
import { assert, AssertionError } from "./assert.ts";

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
          // oxlint-disable-next-line no-throw-literal -- that it is no error is what is tested.
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
