/** What is left to do is known to the issues, and what was done to the change log. */
import { describe, expect, test } from "vitest";
import { type Breaches, type Tree, readTree, treeOf } from "./tree.ts";

const link = /TODO \(?https?:\/\/\S/u;

const looseEnds = (tree: Tree): Breaches =>
  [...tree]
    .filter(([path]) => /\.(?:ts|mjs|css|html)$/u.test(path) && !path.startsWith("test/tidy/"))
    .flatMap(([path, text]) =>
      text.split("\n").flatMap((line, index) => {
        const isLoose = /\bFIXME\b/u.test(line) || (/\bTODO\b/u.test(line) && !link.test(line));
        return isLoose ? [`${path}:${index + 1} ${line.trim()}`] : [];
      }),
    );

const missingDocuments = (tree: Tree): Breaches => [
  ...["CONTRIBUTING.md", "LICENSE"]
    .filter((path) => !tree.has(path))
    .map((path) => `${path} is missing`),
  ...(/^## Unreleased$/mu.test(tree.get("CHANGELOG.md") ?? "")
    ? []
    : ["CHANGELOG.md has no place for what is unreleased"]),
];

describe("the tree", () => {
  const tree = readTree();

  test("has no loose end", () => {
    expect(looseEnds(tree)).toEqual([]);
  });

  test("has a change log with a place for the next change", () => {
    expect(missingDocuments(tree)).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test.each(["// FIXME: leaks", "// TODO: later", "/* TODO(somebody) */", "// TODO see the wiki"])(
    "%s",
    (text) => {
      expect(looseEnds(treeOf({ "packages/gossip/src/home.ts": text }))).toHaveLength(1);
    },
  );

  test("a link makes it none", () => {
    const text = "// TODO https://example.org/issues/1: shorten.";

    expect(looseEnds(treeOf({ "packages/gossip/src/home.ts": text }))).toEqual([]);
  });

  test.each(["", "# Changes\n\n## 0.1.0\n"])("a change log of %j", (text) => {
    const tree = treeOf({ "CHANGELOG.md": text, "CONTRIBUTING.md": "", LICENSE: "" });

    expect(missingDocuments(tree)).toHaveLength(1);
  });
});
