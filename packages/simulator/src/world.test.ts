/** What a world promises: the same seed is the same run, and each fault does what it says. */
import { type Machine, type Protocol, seededRandom } from "@syncline/machine";
import { describe, expect, test } from "vitest";
import type { Fault } from "./faults.ts";
import type { Node } from "./node-setup.ts";
import { drawFaults } from "./swarm.ts";
import { World, type WorldSetup } from "./world.ts";

/** Counts what it is told and says each number to the others; tells its application what it hears. */
interface Talk extends Protocol {
  readonly request: "say" | "up" | "down";
  readonly message: number;
  readonly output: string;
  readonly record: number;
  readonly query: never;
  readonly row: never;
}

const names = ["a", "b", "c"];

const createTalker = (own: string): Machine<Talk> => {
  let count = 0;
  const others = names.filter((name) => name !== own);
  return {
    recover: (records) => {
      count = records.at(-1) ?? 0;
      return [{ kind: "deliver", output: `at ${count}` }];
    },
    step: (input) => {
      if (input.kind === "received") {
        return [{ kind: "deliver", output: `${input.from} ${input.message}` }];
      }
      if (input.kind !== "submitted") return [];
      if (input.request !== "say") return [{ kind: "deliver", output: input.request }];
      count += 1;
      const message = count;
      const then = others.map((to) => ({ kind: "send", to, message }) as const);
      return [{ kind: "persist", records: [count], then }];
    },
  };
};

interface Talking {
  readonly world: World<number>;
  readonly nodes: ReadonlyMap<string, Node<Talk>>;
  /** What each application heard, with the time. */
  readonly heard: readonly string[];
  readonly say: (name: string, atMs: number) => void;
}

const createTalk = (setup: Partial<WorldSetup<number>> = {}, hasConnections = false): Talking => {
  const world = new World<number>({ seed: 1, ...setup });
  const heard: string[] = [];
  const nodes = new Map<string, Node<Talk>>();
  for (const name of names) {
    const node = world.addNode<Talk>({
      name,
      machine: () => createTalker(name),
      deliver: (output) => heard.push(`${name}: ${output}`),
      ...(hasConnections ? { links: { up: () => "up", down: () => "down" } as const } : {}),
    });
    nodes.set(name, node);
    node.start();
  }
  const say = (name: string, atMs: number): void =>
    world.schedule.at(atMs, () => nodes.get(name)?.submit("say"));
  return { world, nodes, heard, say };
};

const strike = (world: World<number>, ...faults: Fault[]): void => world.befall(faults);

describe("a run", () => {
  const runOf = (seed: number): string => {
    const lines: string[] = [];
    const { world, say } = createTalk({
      seed,
      observe: (event) => lines.push(JSON.stringify(event)),
    });
    const targets = { members: names, guests: [] };
    world.befall(drawFaults(seededRandom(seed), targets, 5000));
    for (let atMs = 0; atMs < 5000; atMs += 50) say(names[(atMs / 50) % 3]!, atMs);
    world.run(5000);
    return lines.join("\n");
  };

  test.each([1, 2, 3, 4, 5])("of seed %i is the same twice", (seed) => {
    expect(runOf(seed)).toBe(runOf(seed));
  });

  test("of another seed is another", () => {
    expect(runOf(6)).not.toBe(runOf(7));
  });

  test("keeps what befalls one line when another is busier", () => {
    const arrivals = (isBusy: boolean): readonly string[] => {
      const { world, heard, say } = createTalk({
        weather: { lossRate: 0.3, duplicationRate: 0.3, reorderingRate: 0 },
      });
      for (let atMs = 0; atMs < 1000; atMs += 20) say("a", atMs);
      if (isBusy) for (let atMs = 3; atMs < 1000; atMs += 7) say("c", atMs);
      world.run(2000);
      return heard.filter((line) => line.startsWith("b: a")).sort();
    };

    expect(arrivals(true)).toEqual(arrivals(false));
  });

  test("ends with the first error of a hook", () => {
    const world = new World<number>({ seed: 1 });
    const node = world.addNode<Talk>({
      name: "a",
      machine: () => createTalker("a"),
      after: () => {
        throw new Error("a promise was broken");
      },
    });
    node.start();
    node.submit("say");

    expect(() => world.run(100)).toThrow("at 0 ms: a promise was broken");
  });

  test("that does not come to rest fails", () => {
    const { world, say } = createTalk({ eventCountMax: 10 });
    for (let atMs = 0; atMs < 100; atMs += 1) say("a", atMs);

    expect(() => world.run(1000)).toThrow("the nodes do not come to rest");
  });
});

describe("a crash", () => {
  test("loses what was not flushed, and nothing else", () => {
    const { world, nodes, heard, say } = createTalk();
    say("a", 0);
    say("a", 100);
    world.schedule.at(100, () => nodes.get("a")?.crash());
    world.run(1000);

    expect(heard.filter((line) => line.startsWith("a: at"))).toEqual([
      "a: at 0",
      expect.stringMatching(/^a: at [12]$/u),
    ]);
    expect(heard).toContain("b: a 1");
    expect(heard).not.toContain("b: a 2");
  });

  test("comes between two effects", () => {
    const { world, heard, say } = createTalk();
    strike(world, { atMs: 0, kind: "crash", node: "a", afterEffects: 2, forMs: 100 });
    say("a", 10);
    world.run(1000);

    // The persist and the first of two messages.
    expect(heard.filter((line) => line.endsWith("a 1"))).toEqual(["b: a 1"]);
  });
});

describe("a pause", () => {
  test("holds everything back, and loses nothing", () => {
    const { world, heard, say } = createTalk();
    strike(world, { atMs: 0, kind: "pause", node: "b", forMs: 500 });
    for (const atMs of [10, 20, 30]) say("a", atMs);
    world.run(400);
    expect(heard.filter((line) => line.startsWith("b: a "))).toEqual([]);

    world.run(400);
    expect(heard.filter((line) => line.startsWith("b: a ")).sort()).toEqual([
      "b: a 1",
      "b: a 2",
      "b: a 3",
    ]);
  });
});

describe("a partition", () => {
  test("cuts only the direction that it names", () => {
    const { world, heard, say } = createTalk();
    strike(world, {
      atMs: 0,
      kind: "partition",
      shape: "isolated",
      lines: [["a", "b"]],
      forMs: 500,
    });
    say("a", 10);
    say("b", 10);
    world.run(400);

    expect(heard).toContain("c: a 1");
    expect(heard).toContain("a: b 1");
    expect(heard).not.toContain("b: a 1");
  });
});

describe("weather", () => {
  test("that began during another ends with it, and leaves none", () => {
    const { world } = createTalk();
    const rates = { lossRate: 0.3, duplicationRate: 0.2, reorderingRate: 0.2 };
    strike(
      world,
      { atMs: 0, kind: "weather", ...rates, forMs: 500 },
      { atMs: 100, kind: "weather", ...rates, lossRate: 0.1, forMs: 300 },
      { atMs: 200, kind: "weather", ...rates, lossRate: 0.02, forMs: 60_000 },
    );
    world.run(300);
    expect(world.network.weather.lossRate).toBe(0.02);

    world.run(500);
    expect(world.network.weather.lossRate).toBe(0.02);

    world.heal();
    expect(world.network.weather).toEqual({ lossRate: 0, duplicationRate: 0, reorderingRate: 0 });
  });
});

describe("a clogged line", () => {
  test("delivers at the end what was sent meanwhile", () => {
    const { world, heard, say } = createTalk();
    strike(world, { atMs: 0, kind: "clog", from: "a", to: "b", forMs: 500 });
    say("a", 10);
    world.run(400);
    expect(heard).not.toContain("b: a 1");

    world.run(200);
    expect(heard).toContain("b: a 1");
  });
});

describe("a disk", () => {
  test("that is full ends the process until there is space", () => {
    const { world, nodes, heard, say } = createTalk();
    strike(world, { atMs: 0, kind: "full-disk", node: "a", forMs: 1000 });
    say("a", 10);
    world.run(200);
    expect(nodes.get("a")?.phase).toBe("down");

    world.run(2000);
    say("a", world.nowMs);
    world.run(500);
    expect(heard.some((line) => line.startsWith("b: a "))).toBe(true);
  });

  test("that fails a flush ends the process, and promised nothing", () => {
    const { world, heard, say } = createTalk();
    strike(world, { atMs: 0, kind: "failed-flush", node: "a" });
    say("a", 10);
    world.run(2000);

    expect(heard.filter((line) => line.startsWith("a: at "))).toHaveLength(2);
    expect(heard).not.toContain("b: a 1");
  });

  test("that rots is given up once that is found", () => {
    const { world, nodes, say } = createTalk();
    say("a", 0);
    strike(world, { atMs: 100, kind: "bit-rot", node: "a", place: 0.5 });
    strike(world, { atMs: 200, kind: "crash", node: "a", afterEffects: 0, forMs: 10 });
    world.run(2000);

    expect(nodes.get("a")).toMatchObject({ phase: "running", life: { directory: 2 } });
  });

  test("is not lost where that is not allowed", () => {
    const { world, nodes, say } = createTalk({ mayLose: () => false });
    say("a", 0);
    strike(world, { atMs: 100, kind: "wipe", node: "a", forMs: 10 });
    world.run(1000);

    expect(nodes.get("a")).toMatchObject({ phase: "running", life: { directory: 1, process: 2 } });
    expect(world.tally.sparedCount).toBe(1);
  });

  test("that is restored has what it had, under another name", () => {
    const { world, nodes, heard, say } = createTalk();
    say("a", 0);
    strike(world, { atMs: 100, kind: "back-up", node: "a" });
    say("a", 200);
    strike(world, { atMs: 300, kind: "restore", node: "a", forMs: 10 });
    world.run(1000);

    expect(heard.filter((line) => line.startsWith("a: at")).at(-1)).toBe("a: at 1");
    expect(nodes.get("a")?.life.directory).toBe(2);
  });

  test("that is rolled back in a truce is not kept away by a crash that was still to come", () => {
    const { world, nodes, say } = createTalk({ mayRollBack: () => true });
    strike(world, { atMs: 100, kind: "back-up", node: "a" });
    strike(world, { atMs: 200, kind: "crash", node: "a", afterEffects: 2, forMs: 60_000 });
    strike(world, { atMs: 300, kind: "failed-flush", node: "b" });
    strike(world, { atMs: 400, kind: "roll-back", node: "a", forMs: 10, isSlowlyRead: false });
    say("a", 1000);
    say("b", 1000);
    world.run(8000);

    expect(nodes.get("a")).toMatchObject({ phase: "running", life: { process: 2 } });
    expect(nodes.get("b")).toMatchObject({ phase: "running", life: { process: 1 } });
  });
});

describe("a clock", () => {
  test("never goes back within a process, however it jumps and drifts", () => {
    const { world, nodes } = createTalk();
    const node = nodes.get("b");
    strike(
      world,
      { atMs: 100, kind: "clock-jump", node: "b", byMs: -3_600_000, isSuspension: false },
      { atMs: 200, kind: "clock-jump", node: "b", byMs: 30_000, isSuspension: true },
      { atMs: 300, kind: "clock-drift", node: "b", rate: 0.5, forMs: 100 },
    );
    let beforeMs = 0;
    for (let step = 0; step < 50; step += 1) {
      world.run(10);
      const nowMs = node?.nowMs ?? 0;
      expect(nowMs).toBeGreaterThan(beforeMs);
      beforeMs = nowMs;
    }
    expect(beforeMs).toBe(30_000 + 450);
  });
});

describe("a connection", () => {
  test("keeps the order, and comes back after it broke", () => {
    const { world, heard, say } = createTalk({}, true);
    const dialler = world.addDialler(world.node("a"));
    dialler.point(world.node("b"));
    for (let atMs = 500; atMs < 1000; atMs += 1) say("a", atMs);
    world.run(1500);
    const numbers = heard
      .filter((line) => line.startsWith("b: a "))
      .map((line) => Number(line.slice(5)));
    expect(numbers).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));

    strike(world, { atMs: 1600, kind: "break", one: "a", other: "b" });
    world.run(3000);
    expect(heard.filter((line) => line === "a: down" || line === "a: up")).toEqual([
      "a: up",
      "a: down",
      "a: up",
    ]);
    expect(dialler.connection?.isAlive).toBe(true);
  });

  test("over a line that is cut ends when its silence is noticed", () => {
    const { world, heard } = createTalk({}, true);
    world.addDialler(world.node("a")).point(world.node("b"));
    world.run(1000);
    strike(world, {
      atMs: 1000,
      kind: "partition",
      shape: "halves",
      lines: [["a", "b"]],
      forMs: 60_000,
    });
    world.run(30_000);

    expect(heard).toContain("a: down");
    expect(heard).toContain("b: down");
  });
});
