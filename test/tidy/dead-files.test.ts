/** Every source can be reached from what its package offers; what cannot is deleted. */
import { describe, expect, test } from "vitest";
import { importsOf, resolveFrom } from "./imports.ts";
import { type Breaches, type Tree, packagesIn, readTree, sourcesIn, treeOf } from "./tree.ts";

/** A file, or files by condition. */
type Target = string | { readonly [condition: string]: Target };

interface Manifest {
  readonly exports?: Readonly<Record<string, Target>>;
  readonly imports?: Readonly<Record<string, Target>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/** What is exported, what is imported by condition, and what is started by its file name. */
const entriesOf = (tree: Tree, name: string): readonly string[] => {
  const { exports = {}, imports = {} } = manifestOf(tree, name);
  const sources = [...Object.values(exports), ...Object.values(imports)].flatMap((target) =>
    typeof target === "string" ? [] : filesOf(target["@syncline/source"] ?? {}),
  );
  return [
    ...sources.map((path) => `packages/${name}/${path.replace("./", "")}`),
    ...sourcesIn(tree, name).filter((path) => /\/src\/(?:cli|[^/]+-worker)\.ts$/u.test(path)),
  ];
};

const manifestOf = (tree: Tree, name: string): Manifest =>
  JSON.parse(tree.get(`packages/${name}/package.json`) ?? "{}") as Manifest;

const filesOf = (target: Target): readonly string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(filesOf);

const deadFiles = (tree: Tree): Breaches =>
  packagesIn(tree).flatMap((name) => {
    const reached = reachedFrom(tree, entriesOf(tree, name));
    return sourcesIn(tree, name)
      .filter((path) => !reached.has(path) && !path.endsWith(".d.ts"))
      .map((path) => `${path} is dead`);
  });

const reachedFrom = (tree: Tree, entries: readonly string[]): ReadonlySet<string> => {
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const id of importsOf(tree.get(path) ?? "")) {
      if (id.startsWith(".")) open.push(resolveFrom(path, id));
    }
  }
  return reached;
};

const missingFiles = (tree: Tree): Breaches =>
  packagesIn(tree)
    .filter((name) => sourcesIn(tree, name).length > 0)
    .flatMap((name) => {
      const commands = Object.values(manifestOf(tree, name).bin ?? {});
      return [...entriesOf(tree, name), ...commands.map((path) => `packages/${name}/${path}`)]
        .filter((path) => !tree.has(path))
        .map((path) => `packages/${name}/package.json names ${path}, which is missing`);
    });

describe("the tree", () => {
  const tree = readTree();

  test("has no dead file", () => {
    expect(deadFiles(tree)).toEqual([]);
  });

  test("has every file that a package.json names", () => {
    expect(missingFiles(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  const manifest = JSON.stringify({
    bin: { syncline: "bin/syncline.js" },
    exports: { ".": { "@syncline/source": "./src/index.ts" }, "./package.json": "./package.json" },
    imports: {
      "#disk": { "@syncline/source": { node: "./src/disk.node.ts", default: "./src/disk.ts" } },
    },
  });

  test("a file that only a test imports", () => {
    const tree = treeOf({
      "packages/relay/package.json": manifest,
      "packages/relay/src/cli.ts": 'const { run } = await import("./commands/run.ts");',
      "packages/relay/src/commands/run.ts": 'import { listen } from "../listen.ts";',
      "packages/relay/src/disk.node.ts": "",
      "packages/relay/src/disk.ts": "",
      "packages/relay/src/document-worker.ts": "",
      "packages/relay/src/index.ts": 'export type { Relay } from "./relay.ts";',
      "packages/relay/src/listen.ts": 'new URL("./thread.js", import.meta.url)',
      "packages/relay/src/orphan.test.ts": 'import { orphan } from "./orphan.ts";',
      "packages/relay/src/orphan.ts": "",
      "packages/relay/src/relay.ts": "",
      "packages/relay/src/thread.ts": "",
    });

    expect(deadFiles(tree)).toEqual(["packages/relay/src/orphan.ts is dead"]);
  });

  test("a file that is named and missing", () => {
    const tree = treeOf({
      "packages/relay/package.json": manifest,
      "packages/relay/src/disk.ts": "",
      "packages/relay/src/index.ts": "",
    });

    expect(missingFiles(tree)).toEqual([
      "packages/relay/package.json names packages/relay/src/disk.node.ts, which is missing",
      "packages/relay/package.json names packages/relay/bin/syncline.js, which is missing",
    ]);
  });
});
