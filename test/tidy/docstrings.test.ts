/** Every exported name says what it is, where it is defined. */
import { describe, expect, test } from "vitest";
import { type Breaches, type Tree, readTree, sourcesIn, treeOf } from "./tree.ts";

const definition =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|namespace) ([\w$]+)/u;
const nameList = /^export (?:type )?\{[^}]*\}(?! from)/mu;

const undocumented = (tree: Tree): Breaches =>
  sourcesIn(tree).flatMap((path) => {
    const text = tree.get(path) ?? "";
    return [
      ...undocumentedIn(text).map((name) => `${path}: ${name} has no docstring`),
      ...(nameList.test(text) ? [`${path} exports a name away from its definition`] : []),
    ];
  });

const undocumentedIn = (text: string): readonly string[] => {
  const documented = new Set<string>();
  return text.split("\n").flatMap((line, index, lines) => {
    const name = definition.exec(line)?.[1];
    if (name === undefined) return [];
    // The second signature of an overloaded function shares the first one's docstring.
    if (isEndOfDocstring(lines, index - 1)) documented.add(name);
    return documented.has(name) ? [] : [name];
  });
};

/** Whether a docstring with words in it ends at this line. A directive for a tool may stand between. */
const isEndOfDocstring = (lines: readonly string[], index: number): boolean => {
  if (/^\/\/ ?(?:oxlint|eslint|@ts)/u.test(lines[index] ?? "")) {
    return isEndOfDocstring(lines, index - 1);
  }
  if (!/\*\/\s*$/u.test(lines[index] ?? "")) return false;
  let start = index;
  while (start > 0 && !/^\s*\/\*/u.test(lines[start] ?? "")) start -= 1;
  const docstring = lines.slice(start, index + 1).join("\n");
  return docstring.startsWith("/**") && /\w/u.test(docstring);
};

describe("the tree", () => {
  test("has a docstring for every exported name", () => {
    expect(undocumented(readTree())).toEqual([]);
  });
});

describe("a breach is noticed", () => {
  test.each([
    "export const limit = 1;",
    "export function admit(): void {}",
    "export interface Home {}",
    "export type HomeId = string;",
    "export class World {}",
    "// Not a docstring.\nexport const limit = 1;",
    "/* Not a docstring. */\nexport const limit = 1;",
    "/** */\nexport const limit = 1;",
    "/** Far away. */\n\nexport const limit = 1;",
    "/** Another's. */\nexport const a = 1;\nexport const b = 2;",
    "/** Documented, but elsewhere. */\nconst limit = 1;\nexport { limit };",
  ])("%s", (text) => {
    expect(undocumented(treeOf({ "packages/gossip/src/home.ts": text }))).toHaveLength(1);
  });

  test.each([
    "/** How many. */\nexport const limit = 1;",
    "/**\n * How many.\n *\n * @see there\n */\nexport const limit = 1;",
    "/** Both. */\nexport function a(b: string): void;\nexport function a(b: number): void;",
    'export { limit } from "./limit.ts";',
  ])("%s is none", (text) => {
    expect(undocumented(treeOf({ "packages/gossip/src/home.ts": text }))).toEqual([]);
  });
});
