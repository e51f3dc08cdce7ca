/** Many appends, one write; answers in order; a failure is for ever. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionError } from "./assert.ts";
import { createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { seededRandom } from "./random.ts";

interface World {
  readonly commit: GroupCommit<string>;
  readonly writes: (readonly string[])[];
  /** Ends the write under way. */
  readonly finish: (error?: Error | null) => void;
  readonly answers: string[];
  readonly append: (name: string, ...items: readonly string[]) => void;
}

const createWorld = (options: Parameters<typeof createGroupCommit>[1] = {}): World => {
  const writes: (readonly string[])[] = [];
  const answers: string[] = [];
  let whenWritten: (error: Error | null) => void = () => expect.fail("no write is under way");
  const commit = createGroupCommit<string>((items, done) => {
    writes.push(items);
    whenWritten = done;
  }, options);
  return {
    commit,
    writes,
    answers,
    finish: (error = null) => whenWritten(error),
    append: (name, ...items) =>
      commit.append(items, (error) => void answers.push(`${name} ${error?.message ?? "ok"}`)),
  };
};

test("an idle disk is used at once", () => {
  const { append, writes, answers } = createWorld();

  append("a", "1", "2");

  expect(writes).toEqual([["1", "2"]]);
  expect(answers).toEqual([]);
});

describe("an idle disk that is begun later", () => {
  test("takes all that has come by then in one write", () => {
    const begins: (() => void)[] = [];
    const { append, writes, answers, finish } = createWorld({
      defer: (begin) => void begins.push(begin),
    });

    append("a", "1");
    append("b", "2");
    append("c");
    expect([writes, begins.length]).toEqual([[], 1]);
    begins[0]?.();
    finish();

    expect(writes).toEqual([["1", "2"]]);
    expect(answers).toEqual(["a ok", "b ok", "c ok"]);
  });

  test("is not waited for by a barrier with nothing before it, nor by what waits behind a write", () => {
    const begins: (() => void)[] = [];
    const { append, writes, answers, finish } = createWorld({
      defer: (begin) => void begins.push(begin),
    });

    append("a");
    append("b", "1");
    begins[0]?.();
    append("c", "2");
    finish();

    expect(writes).toEqual([["1"], ["2"]]);
    expect(answers).toEqual(["a ok", "b ok"]);
    expect(begins.length).toBe(1);
  });
});

test("what comes in while a write is under way shares the next one", () => {
  const { append, writes, finish } = createWorld();

  for (let index = 0; index < 1000; index += 1) append(`${index}`, `${index}`);
  finish();

  expect(writes.map((items) => items.length)).toEqual([1, 999]);
});

test("answers come in the order of the calls, after the write", () => {
  const { append, answers, finish } = createWorld();

  append("a", "1");
  append("b", "2");
  append("c", "3");
  finish();
  expect(answers).toEqual(["a ok"]);

  finish();
  expect(answers).toEqual(["a ok", "b ok", "c ok"]);
});

test("the next write begins before the answers, so that what they cause gathers behind it", () => {
  const { commit, writes, finish, append } = createWorld();

  commit.append(["1"], () => append("caused", "3"));
  append("waiting", "2");
  finish();

  expect(writes).toEqual([["1"], ["2"]]);
});

describe("an append without items", () => {
  test("is answered at once on an idle disk, without a write", () => {
    const { append, writes, answers } = createWorld();

    append("barrier");

    expect(answers).toEqual(["barrier ok"]);
    expect(writes).toEqual([]);
  });

  test("waits for everything before it", () => {
    const { append, writes, answers, finish } = createWorld();

    append("a", "1");
    append("barrier");
    expect(answers).toEqual([]);

    finish();
    expect(answers).toEqual(["a ok", "barrier ok"]);
    expect(writes).toHaveLength(1);
  });

  test("does not wait for what comes after it", () => {
    const { append, writes, answers, finish } = createWorld();

    append("a", "1");
    append("barrier");
    append("b", "2");
    finish();

    expect(answers).toEqual(["a ok", "barrier ok"]);
    expect(writes).toEqual([["1"], ["2"]]);
  });
});

describe("the limit of a group", () => {
  test("leaves the rest for the next write", () => {
    const { append, writes, finish } = createWorld({ groupItemsMax: 3 });

    append("a", "0");
    append("b", "1", "2");
    append("c", "3");
    append("d", "4");
    finish();
    finish();

    expect(writes).toEqual([["0"], ["1", "2", "3"], ["4"]]);
  });

  test("lets an append that is larger go alone, undivided", () => {
    const { append, writes, finish } = createWorld({ groupItemsMax: 2 });

    append("a", "0");
    append("b", "1", "2", "3");
    append("c", "4");
    finish();
    finish();

    expect(writes).toEqual([["0"], ["1", "2", "3"], ["4"]]);
  });

  test("is 10,000 items", () => {
    const { append, writes, finish } = createWorld();

    for (let index = 0; index < 10_002; index += 1) append("", "");
    finish();
    finish();

    expect(writes.map((items) => items.length)).toEqual([1, 10_000, 1]);
  });
});

describe("after a failed write", () => {
  const fail = (world: World): void => {
    world.append("a", "1");
    world.append("b", "2");
    world.finish(new Error("disk full"));
  };

  test("everything that waits fails with the same error, in order", () => {
    const world = createWorld();

    fail(world);

    expect(world.answers).toEqual(["a disk full", "b disk full"]);
  });

  test("nothing is written again", () => {
    const world = createWorld();

    fail(world);
    world.append("c", "3");
    world.append("barrier");

    expect(world.writes).toEqual([["1"]]);
    expect(world.answers.slice(2)).toEqual(["c disk full", "barrier disk full"]);
    expect(world.commit.pendingCount).toBe(0);
  });

  test("what an answer appends is answered after those that waited", () => {
    const world = createWorld();
    world.commit.append(["1"], () => world.append("caused", "3"));
    world.append("b", "2");

    world.finish(new Error("disk full"));

    expect(world.answers).toEqual(["b disk full", "caused disk full"]);
  });
});

describe("a write that", () => {
  test("throws has failed", () => {
    const errors: (Error | null)[] = [];
    const planted = new Error("planted");
    const commit = createGroupCommit<string>(() => {
      throw planted;
    });

    commit.append(["1"], (error) => void errors.push(error));
    commit.append(["2"], (error) => void errors.push(error));

    expect(errors).toEqual([planted, planted]);
  });

  test("is answered twice is a bug", () => {
    const { append, finish } = createWorld();
    append("a", "1");
    finish();

    expect(() => finish()).toThrow(AssertionError);
  });

  test("calls back at once answers in order", () => {
    // The first write is slow, the second answers before it returns: it must not overtake the answer to the first.
    const answers: string[] = [];
    const slow: (() => void)[] = [];
    const commit = createGroupCommit<string>((items, done) => {
      if (items.includes("1")) slow.push(() => done(null));
      else done(new Error("closed"));
    });
    commit.append(["1"], (error) => void answers.push(`a ${error?.message}`));
    commit.append(["2"], (error) => void answers.push(`b ${error?.message}`));

    slow[0]!();

    expect(answers).toEqual(["a undefined", "b closed"]);
  });

  test("calls back at once needs no stack, however many groups wait", () => {
    let count = 0;
    const slow: (() => void)[] = [];
    const commit = createGroupCommit<string>(
      (items, done) => {
        if (items.includes("first")) slow.push(() => done(null));
        else done(null);
      },
      { groupItemsMax: 1 },
    );
    commit.append(["first"], () => {});
    for (let index = 0; index < 20_000; index += 1) commit.append(["x"], () => void (count += 1));

    slow[0]!();

    expect(count).toBe(20_000);
  });
});

test("an answer that throws does not keep the others from theirs", () => {
  const { commit, append, answers, finish } = createWorld();
  commit.append(["1"], () => {});
  commit.append(["2"], () => {
    throw new Error("planted");
  });
  append("c", "3");
  finish();

  expect(() => finish()).toThrow("planted");
  append("d");

  expect(answers).toEqual(["c ok", "d ok"]);
});

/** What a group commit must look like from outside: a disk that takes one append after the other. */
interface Model {
  readonly asked: { readonly items: readonly string[]; readonly name: number }[];
  readonly disk: string[];
}

test("behaves like a disk that takes one append after the other, at random times", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 8 }),
      fc.option(fc.integer({ min: 0, max: 20 })),
      (seed, groupItemsMax, failAt) => {
        const random = seededRandom(seed);
        const model: Model = { asked: [], disk: [] };
        const answers: {
          readonly name: number;
          readonly isOk: boolean;
          readonly isDurable: boolean;
        }[] = [];
        let underWay: { items: readonly string[]; done: (error: Error | null) => void } | null =
          null;
        let writeCount = 0;
        let hasFailed = false;
        const finish = (): void => {
          if (underWay === null) return;
          const { items, done } = underWay;
          underWay = null;
          writeCount += 1;
          hasFailed = writeCount === failAt;
          if (!hasFailed) model.disk.push(...items);
          done(hasFailed ? new Error("planted") : null);
        };
        const commit = createGroupCommit<string>(
          (items, done) => {
            expect(underWay).toBeNull();
            expect(hasFailed).toBe(false);
            underWay = { items, done };
            if (random.chance(0.2)) finish();
          },
          { groupItemsMax },
        );
        const append = (): void => {
          const name = model.asked.length;
          const items = Array.from({ length: random.integer(0, 4) }, (_, at) => `${name}.${at}`);
          model.asked.push({ items, name });
          commit.append(items, (error) => {
            const isDurable = items.every((item) => model.disk.includes(item));
            answers.push({ name, isOk: error === null, isDurable });
            if (random.chance(0.1)) append();
          });
        };

        for (let count = 0; count < 60; count += 1) {
          if (random.chance(0.6)) append();
          else finish();
          expect(commit.pendingCount).toBe(model.asked.length - answers.length);
        }
        while (commit.pendingCount > 0) finish();

        expect(answers.map(({ name }) => name)).toEqual(model.asked.map(({ name }) => name));
        const kept = model.asked.filter((_, index) => answers[index]!.isOk);
        expect(model.disk).toEqual(kept.flatMap(({ items }) => items));
        expect(kept.every((_, index) => answers[index]!.isDurable)).toBe(true);
        // Once one has failed, so do all after it.
        expect(answers.slice(kept.length).every(({ isOk }) => !isOk)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});
