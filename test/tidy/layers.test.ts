/** Which package may know which, and which may touch the outside world. */
import { describe, expect, test } from "vitest";
import { folderOf, importsOf, resolveFrom } from "./imports.ts";
import { type Breaches, type Tree, packagesIn, readTree, sourcesIn, treeOf } from "./tree.ts";

/** From the ground up. A package may import only packages of the rows below its own. */
const rows = [
  ["machine", "clocks"],
  ["crdt", "gossip", "quorum", "consensus", "simulator"],
  ["coordinator", "storage", "websocket"],
  ["client", "relay"],
];

/** The packages that may touch the outside world; all others are pure. */
const edge = ["storage", "websocket", "client", "relay"];

/** What a pure package may import from outside: code without clock, randomness and IO. */
const pureImports = [
  /^lib0\/(?:array|binary|decoding|encoding|error|map|math|number|prng|set|string)$/u,
];

/** The one file that adapts another library: its documents do no IO, and it writes under no client id that they draw. */
const yjsAdapter = "packages/crdt/src/yjs.ts";

const rowOf = (name: string): number => rows.findIndex((row) => row.includes(name));

const withoutRow = (tree: Tree): Breaches =>
  packagesIn(tree)
    .filter((name) => rowOf(name) < 0)
    .map((name) => `packages/${name} has no row`);

const notDown = (tree: Tree): Breaches =>
  packagesIn(tree).flatMap((name) =>
    importsIn(tree, name).flatMap(({ path, id }) => {
      const other = folderOf(id);
      return other === null || rowOf(other) < rowOf(name) ? [] : [`${path} imports ${id}`];
    }),
  );

const outOfPackage = (tree: Tree): Breaches =>
  packagesIn(tree).flatMap((name) =>
    importsIn(tree, name)
      .filter(({ id }) => id.startsWith("."))
      .filter(({ path, id }) => !resolveFrom(path, id).startsWith(`packages/${name}/src/`))
      .filter(({ path, id }) => resolveFrom(path, id) !== `packages/${name}/package.json`)
      .map(({ path, id }) => `${path} imports ${id}`),
  );

const impure = (tree: Tree): Breaches =>
  packagesIn(tree)
    .filter((name) => !edge.includes(name))
    .flatMap((name) => [
      ...importsIn(tree, name)
        .filter(({ id }) => !id.startsWith(".") && folderOf(id) === null)
        .filter(({ id }) => !pureImports.some((pattern) => pattern.test(id)))
        .filter(({ path, id }) => !(path === yjsAdapter && id === "yjs"))
        .map(({ path, id }) => `${path} imports ${id}`),
      ...worldlyConfig(tree, `packages/${name}/tsconfig.json`),
    ]);

const worldlyConfig = (tree: Tree, path: string): Breaches => {
  const { compilerOptions = {} } = JSON.parse(tree.get(path) ?? "{}") as {
    compilerOptions?: { lib?: readonly string[]; types?: readonly string[] };
  };
  const worldly = [...(compilerOptions.lib ?? []), ...(compilerOptions.types ?? [])];
  return worldly.filter((name) => !/^es\d+$/iu.test(name)).map((name) => `${path} lets ${name} in`);
};

const importsIn = (tree: Tree, name: string): readonly { path: string; id: string }[] =>
  sourcesIn(tree, name).flatMap((path) =>
    importsOf(tree.get(path) ?? "").map((id) => ({ path, id })),
  );

describe("the tree", () => {
  const tree = readTree();

  test("has a row for every package", () => {
    expect(withoutRow(tree)).toEqual([]);
  });

  test("has packages that import only from below", () => {
    expect(notDown(tree)).toEqual([]);
  });

  test("has packages that keep to their own files", () => {
    expect(outOfPackage(tree)).toEqual([]);
  });

  test("has pure packages that do no IO", () => {
    expect(impure(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test("a package without a row", () => {
    expect(withoutRow(treeOf({ "packages/misfit/src/index.ts": "" }))).toEqual([
      "packages/misfit has no row",
    ]);
  });

  test.each([
    ["upwards", "machine", 'import { admit } from "@syncline/gossip";'],
    ["sideways", "gossip", 'export { ring } from "@syncline/quorum";'],
    ["upwards for a type", "clocks", 'import type { Client } from "syncline";'],
    [
      "sideways over many lines",
      "relay",
      'import {\n  connect,\n  type Space,\n} from "syncline";',
    ],
    ["sideways later", "client", 'const relay = await import("@syncline/relay");'],
  ])("an import %s", (_claim, name, text) => {
    const path = `packages/${name}/src/index.ts`;

    expect(notDown(treeOf({ [path]: text }))).toHaveLength(1);
  });

  test("an import down is none", () => {
    const path = "packages/gossip/src/index.ts";

    expect(notDown(treeOf({ [path]: 'import { assert } from "@syncline/machine";' }))).toEqual([]);
  });

  test("an import of another package's file", () => {
    const path = "packages/gossip/src/home.ts";
    const text = 'import { encodeDot } from "../../clocks/src/encoding.ts";';

    expect(outOfPackage(treeOf({ [path]: text }))).toHaveLength(1);
  });

  test.each([
    'import { readFileSync } from "node:fs";',
    'import { WebSocket } from "ws";',
    'import * as Y from "yjs";',
    'import { getUnixTime } from "lib0/time";',
    'import "lib0/random";',
  ])("%s in a pure package", (text) => {
    expect(impure(treeOf({ "packages/quorum/src/ring.ts": text }))).toHaveLength(1);
  });

  test("a browser's types in a pure package's tsconfig", () => {
    const text = '{ "compilerOptions": { "lib": ["es2022", "dom"], "types": ["node"] } }';
    const tree = treeOf({
      "packages/quorum/src/ring.ts": "",
      "packages/quorum/tsconfig.json": text,
    });

    expect(impure(tree)).toHaveLength(2);
  });
});
