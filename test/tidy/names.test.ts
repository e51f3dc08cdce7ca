/** A file is named for its one idea, in kebab-case; a name for anything else would attract everything else. */
import { describe, expect, test } from "vitest";
import { type Breaches, type Tree, readTree, treeOf } from "./tree.ts";

const heap = /^(?:.*-)?(?:utils?|helpers?|misc|miscellaneous)$|^(?:common|shared|core|types)$/u;
const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*$/u;

/** README.md, LICENSE and the like: documents that are named the same everywhere. */
const isDocument = /^[A-Z]+(?:\.md)?$/u;

const nameOf = (segment: string): string => segment.split(".")[0] ?? "";

const heaps = (tree: Tree): Breaches =>
  segmentsIn(tree).flatMap(([path, segment]) =>
    heap.test(nameOf(segment)) ? [`${path} has a heap's name`] : [],
  );

const notKebabCase = (tree: Tree): Breaches =>
  segmentsIn(tree)
    .filter(([, segment]) => !isDocument.test(segment) && !segment.startsWith("."))
    .filter(([, segment]) => !segment.split(".").every((part) => kebabCase.test(part)))
    .map(([path]) => `${path} is not kebab-case`);

const segmentsIn = (tree: Tree): readonly (readonly [path: string, segment: string])[] =>
  [...tree.keys()]
    .filter((path) => path.includes("/"))
    .flatMap((path) => path.split("/").map((segment) => [path, segment] as const));

describe("the tree", () => {
  const tree = readTree();

  test("has no heap", () => {
    expect(heaps(tree)).toEqual([]);
  });

  test("is in kebab-case", () => {
    expect(notKebabCase(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test.each([
    "packages/shared/src/index.ts",
    "packages/gossip/src/utils.ts",
    "packages/gossip/src/util/bytes.ts",
    "packages/gossip/src/home-helpers.ts",
    "packages/gossip/src/types.ts",
    "test/misc.test.ts",
    "demos/common/main.ts",
  ])("%s", (path) => {
    expect(heaps(treeOf({ [path]: "" }))).toHaveLength(1);
  });

  test.each(["packages/gossip/src/homeMachine.ts", "packages/gossip/src/Home.ts", "test/a_b.ts"])(
    "%s",
    (path) => {
      expect(notKebabCase(treeOf({ [path]: "" }))).toHaveLength(1);
    },
  );

  test.each(["packages/gossip/PROTOCOL.md", "packages/gossip/src/home.admission.test.ts"])(
    "%s is none",
    (path) => {
      const tree = treeOf({ [path]: "" });

      expect([...heaps(tree), ...notKebabCase(tree)]).toEqual([]);
    },
  );
});
