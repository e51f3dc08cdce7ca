/** Every bug that can be planted finds its lines: a source that has changed must not take one out of the hunt without a sign. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Breaches, readTree, type Tree, treeOf } from "./tree.ts";

interface Change {
  readonly file: string;
  readonly piece: string;
}

interface PlantedBug {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** A piece must be in its file once: the command that plants it refuses anything else. */
const misplaced = (tree: Tree, bugs: readonly PlantedBug[]): Breaches =>
  bugs.flatMap(({ name, changes }) =>
    changes.flatMap(({ file, piece }) => {
      const count = (tree.get(file) ?? "").split(piece).length - 1;
      return count === 1 ? [] : [`${file} has a piece of ${name} ${count} times`];
    }),
  );

const bugsIn = async (path: string): Promise<readonly PlantedBug[]> => {
  const list = (await import(join(process.cwd(), path))) as { mutants: readonly PlantedBug[] };
  return list.mutants;
};

describe("the repository", () => {
  const tree = readTree();
  const lists = [...tree.keys()].filter((path) => /^test\/.*\/mutants\.mjs$/u.test(path));

  test("has lists of bugs", () => {
    expect(lists).toContain("test/simulation/mutants.mjs");
  });

  test.each(lists)("can be given each bug of %s", async (path) => {
    const bugs = await bugsIn(path);

    expect(bugs.length).toBeGreaterThan(0);
    expect(misplaced(tree, bugs)).toEqual([]);
  });
});

test("finds a bug whose lines have gone or come twice", () => {
  const bugs = ["one();", "two();", "three();"].map((piece) => ({
    name: piece,
    changes: [{ file: "packages/a/src/a.ts", piece }],
  }));

  const found = misplaced(treeOf({ "packages/a/src/a.ts": "one();\none();\ntwo();\n" }), bugs);

  expect(found).toEqual([
    "packages/a/src/a.ts has a piece of one(); 2 times",
    "packages/a/src/a.ts has a piece of three(); 0 times",
  ]);
});
