/** What the rules look at. A rule takes a tree, so that it can be tried with one that breaks it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** The text of each file, by its path from the repository's root. */
export type Tree = ReadonlyMap<string, string>;

/** What a rule found: one line for each breach, beginning with the path. */
export type Breaches = readonly string[];

/** A tree that exists only in a test. */
export const treeOf = (textByPath: Readonly<Record<string, string>>): Tree =>
  new Map(Object.entries(textByPath));

const tops = ["packages", "demos", "test", "bench", "scripts"];
const notOurs = new Set(["node_modules", "dist", "generated", "coverage"]);
const isText = /\.(?:ts|mjs|json|md|html|css)$/u;

/** The repository as it is on disk, without what a tool has written. */
export const readTree = (): Tree => {
  const rootFiles = readdirSync(".", { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return new Map([...rootFiles, ...tops.flatMap(filesIn)].map((path) => [path, textOf(path)]));
};

const filesIn = (folder: string): string[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesIn(path) : [path];
  });
};

const textOf = (path: string): string => (isText.test(path) ? readFileSync(path, "utf8") : "");

/** The folders in `packages/` that have a package.json or a source. */
export const packagesIn = (tree: Tree): readonly string[] => [
  ...new Set(
    [...tree.keys()].flatMap(
      (path) => /^packages\/([^/]+)\/(?:package\.json$|src\/)/u.exec(path)?.[1] ?? [],
    ),
  ),
];

/** A test beside the code; it is not shipped, and rules for sources do not bind it. */
export const isTest = (path: string): boolean => path.endsWith(".test.ts");

/** The paths of a package's sources, or of all packages'; without tests. */
export const sourcesIn = (tree: Tree, name?: string): readonly string[] =>
  [...tree.keys()].filter(
    (path) =>
      /^packages\/[^/]+\/src\/.*\.ts$/u.test(path) &&
      !isTest(path) &&
      (name === undefined || path.startsWith(`packages/${name}/`)),
  );
