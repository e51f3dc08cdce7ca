/** How a module is built: short, with named exports, behind an index that is a list of names. */
import { describe, expect, test } from "vitest";
import { importsOf } from "./imports.ts";
import { type Breaches, type Tree, isTest, readTree, sourcesIn, treeOf } from "./tree.ts";

/** Without blank lines and comments, as the lint counts; this rule holds in files that the lint leaves out, too. */
const linesMax = 500;

const nameList = /export (?:type )?\{[^{}*]*\} from "(?:\.{1,2}\/|#)[^"]+";/gu;
const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gmu;

const tooLong = (tree: Tree): Breaches =>
  modulesIn(tree).flatMap((path) => {
    const code = (tree.get(path) ?? "").replaceAll(comments, "");
    const lines = code.split("\n").filter((line) => line.trim() !== "").length;
    return lines > linesMax ? [`${path} has ${lines} lines`] : [];
  });

const notOnlyNames = (tree: Tree): Breaches =>
  sourcesIn(tree)
    .filter((path) => path.endsWith("/index.ts"))
    .flatMap((path) => {
      const rest = (tree.get(path) ?? "").replaceAll(comments, "").replaceAll(nameList, "").trim();
      return rest === "" ? [] : [`${path} has more than names: ${rest.split("\n")[0]}`];
    });

const defaultExports = (tree: Tree): Breaches =>
  modulesIn(tree)
    .filter((path) => path.includes("/"))
    .filter((path) =>
      /^export default\b|^export \{[^}]*\bas default\b/mu.test(tree.get(path) ?? ""),
    )
    .map((path) => `${path} has a default export`);

const throughTheIndex = (tree: Tree): Breaches =>
  [...tree.keys()]
    .filter((path) => /^packages\/[^/]+\/src\//u.test(path))
    .flatMap((path) =>
      importsOf(tree.get(path) ?? "")
        .filter((id) => /^\.{1,2}\/(?:.*\/)?index\.ts$/u.test(id))
        .filter(() => !isTest(path))
        .map((id) => `${path} imports ${id}`),
    );

const modulesIn = (tree: Tree): readonly string[] =>
  [...tree.keys()].filter((path) => /\.(?:ts|mjs)$/u.test(path));

describe("the tree", () => {
  const tree = readTree();

  test("has short files", () => {
    expect(tooLong(tree)).toEqual([]);
  });

  test("has an index of names only in every package", () => {
    expect(notOnlyNames(tree)).toEqual([]);
  });

  test("has no default export", () => {
    expect(defaultExports(tree)).toEqual([]);
  });

  test("has packages that import their own files, not their own index", () => {
    expect(throughTheIndex(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test("a long file", () => {
    const text = "const a = 1;\n".repeat(linesMax + 1);

    expect(tooLong(treeOf({ "packages/gossip/src/home.ts": text }))).toHaveLength(1);
  });

  test.each([
    "export const a = 1;",
    'export * from "./home.ts";',
    'export * as home from "./home.ts";',
    'import { a } from "./home.ts";\nexport { a };',
    'export { a } from "@syncline/clocks";',
    'console.log("loaded");',
  ])("%s in an index", (text) => {
    expect(notOnlyNames(treeOf({ "packages/gossip/src/index.ts": text }))).toHaveLength(1);
  });

  test("a list of names is none", () => {
    const text =
      '/** Homes. */\nexport type { Home } from "./home.ts";\nexport {\n  step,\n} from "./step.ts";\n';

    expect(notOnlyNames(treeOf({ "packages/gossip/src/index.ts": text }))).toEqual([]);
  });

  test.each(["export default 1;", "const a = 1;\nexport { a as default };"])("%s", (text) => {
    expect(defaultExports(treeOf({ "packages/gossip/src/home.ts": text }))).toHaveLength(1);
  });

  test("an import of the own index", () => {
    const tree = treeOf({ "packages/gossip/src/home.ts": 'import { step } from "./index.ts";' });

    expect(throughTheIndex(tree)).toHaveLength(1);
  });
});
