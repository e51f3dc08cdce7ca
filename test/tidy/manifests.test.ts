/** Every package.json and tsconfig.json says what the sources do, no less and no more. */
import { describe, expect, test } from "vitest";
import { folderOf, importsOf, packageOf } from "./imports.ts";
import { type Breaches, type Tree, packagesIn, readTree, sourcesIn, treeOf } from "./tree.ts";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (tree: Tree, path: string): Manifest =>
  JSON.parse(tree.get(path) ?? "{}") as Manifest;

const disagreeing = (tree: Tree): Breaches =>
  packagesIn(tree)
    .filter((name) => sourcesIn(tree, name).length > 0)
    .flatMap((name) => {
      const path = `packages/${name}/package.json`;
      const { dependencies = {}, peerDependencies = {} } = manifestOf(tree, path);
      const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
      const used = packagesImportedBy(tree, name);
      return [
        ...[...used].filter((id) => !declared.has(id)).map((id) => `${path} lacks ${id}`),
        ...[...declared].filter((id) => !used.has(id)).map((id) => `${path} has ${id}, unused`),
      ];
    });

const packagesImportedBy = (tree: Tree, name: string): ReadonlySet<string> =>
  new Set(
    sourcesIn(tree, name)
      .flatMap((path) => importsOf(tree.get(path) ?? ""))
      .flatMap((id) => packageOf(id) ?? []),
  );

const wrongReferences = (tree: Tree): Breaches =>
  packagesIn(tree).flatMap((name) => {
    const path = `packages/${name}/tsconfig.json`;
    const { references = [] } = JSON.parse(tree.get(path) ?? "{}") as {
      references?: readonly { readonly path: string }[];
    };
    const { dependencies = {} } = manifestOf(tree, `packages/${name}/package.json`);
    const wanted = Object.keys(dependencies).flatMap((id) => folderOf(id) ?? []);
    const found = references.map((reference) => reference.path.replace("../", ""));
    return wanted.toSorted().join() === found.toSorted().join()
      ? []
      : [`${path} refers to [${found.join()}], package.json to [${wanted.join()}]`];
  });

const unequalVersions = (tree: Tree): Breaches => {
  const { version } = manifestOf(tree, "package.json");
  return packagesIn(tree).flatMap((name) => {
    const path = `packages/${name}/package.json`;
    const manifest = manifestOf(tree, path);
    const ours = Object.entries(manifest.dependencies ?? {}).filter(
      ([id]) => folderOf(id) !== null,
    );
    return [
      ...(manifest.version === version ? [] : [`${path} has version ${manifest.version}`]),
      ...ours.filter(([, range]) => range !== version).map(([id]) => `${path} wants another ${id}`),
    ];
  });
};

const misnamed = (tree: Tree): Breaches =>
  packagesIn(tree).flatMap((name) => {
    const path = `packages/${name}/package.json`;
    const manifest = manifestOf(tree, path);
    const isNamed = manifest.name !== undefined && folderOf(manifest.name) === name;
    return [
      ...(isNamed ? [] : [`${path} is named ${manifest.name}`]),
      ...(manifest.license === "MIT" ? [] : [`${path} has licence ${manifest.license}`]),
    ];
  });

const withoutLicence = (tree: Tree): Breaches =>
  packagesIn(tree)
    .map((name) => `packages/${name}/LICENSE`)
    .filter((path) => !tree.has(path))
    .map((path) => `${path} is missing`);

describe("the tree", () => {
  const tree = readTree();

  test("declares what its packages import", () => {
    expect(disagreeing(tree)).toEqual([]);
  });

  test("gives the compiler the same references", () => {
    expect(wrongReferences(tree)).toEqual([]);
  });

  test("has one version", () => {
    expect(unequalVersions(tree)).toEqual([]);
  });

  test("has the licence in every package", () => {
    expect(withoutLicence(tree)).toEqual([]);
  });

  test("names packages by their folders", () => {
    expect(misnamed(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test("a package that would be published without its licence", () => {
    const tree = treeOf({ "packages/clocks/package.json": "{}" });

    expect(withoutLicence(tree)).toEqual(["packages/clocks/LICENSE is missing"]);
  });

  test("an import that is not declared", () => {
    const tree = treeOf({
      "packages/clocks/package.json": "{}",
      "packages/clocks/src/encoding.ts": 'import { toUint8Array } from "lib0/encoding";',
    });

    expect(disagreeing(tree)).toEqual(["packages/clocks/package.json lacks lib0"]);
  });

  test("a dependency that only a test imports", () => {
    const tree = treeOf({
      "packages/clocks/package.json": '{ "dependencies": { "lib0": "1" } }',
      "packages/clocks/src/dot.ts": "",
      "packages/clocks/src/dot.test.ts": 'import { toUint8Array } from "lib0/encoding";',
    });

    expect(disagreeing(tree)).toEqual(["packages/clocks/package.json has lib0, unused"]);
  });

  test("a reference that is missing", () => {
    const tree = treeOf({
      "packages/gossip/package.json": '{ "dependencies": { "@syncline/clocks": "1" } }',
      "packages/gossip/tsconfig.json": "{}",
    });

    expect(wrongReferences(tree)).toHaveLength(1);
  });

  test("a package that runs ahead", () => {
    const tree = treeOf({
      "package.json": '{ "version": "1.0.0" }',
      "packages/clocks/package.json": '{ "version": "1.0.1" }',
      "packages/gossip/package.json":
        '{ "version": "1.0.0", "dependencies": { "@syncline/clocks": "1.0.1" } }',
    });

    expect(unequalVersions(tree)).toHaveLength(2);
  });

  test("a package under another name", () => {
    const tree = treeOf({
      "packages/clocks/package.json": '{ "name": "clocks", "license": "MIT" }',
      "packages/client/package.json": '{ "name": "syncline" }',
    });

    expect(misnamed(tree)).toHaveLength(2);
  });
});
