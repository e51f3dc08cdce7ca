/** Every `ts` block of every README, and of a guide beside one, runs, and `expression; // => value` in it is an assertion. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { beginsWithExample, examplesIn, withAssertions } from "./examples.ts";

const folder = "test/docs/generated";
const exampleTimeMaxMs = 20_000;

const withSource = readdirSync("packages").filter((name) => existsSync(`packages/${name}/src`));
const packageReadmes = withSource.map((name) => `packages/${name}/README.md`);
/** Documents beside a README that are written in the same way. */
const packageGuides = withSource
  .map((name) => `packages/${name}/JUDGES.md`)
  .filter((path) => existsSync(path));
const readmes = ["README.md", ...packageReadmes, ...packageGuides];
const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

const runExample = async (name: string, block: string): Promise<unknown> => {
  const file = `${folder}/${name}.ts`;
  writeFileSync(file, withAssertions(block));
  return import(/* @vite-ignore */ `../../${file}`);
};

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

describe.each(readmes)("%s", (path) => {
  const text = textOf(path);
  const name = path
    .replace("packages/", "")
    .replace("/README.md", "")
    .replace("/", "-")
    .replace(".md", "")
    .toLowerCase();

  test("exists", () => {
    expect(existsSync(path)).toBe(true);
  });

  for (const [index, block] of examplesIn(text).entries()) {
    test(
      `example ${index + 1} holds`,
      async () => {
        await expect(runExample(`${name}-${index + 1}`, block)).resolves.toBeDefined();
      },
      exampleTimeMaxMs,
    );
  }
});

test.each([...packageReadmes, ...packageGuides])("%s begins with an example", (path) => {
  expect(beginsWithExample(textOf(path))).toBe(true);
});

describe("a breach is noticed", () => {
  test("an example whose claim is wrong", async () => {
    await expect(runExample("planted-claim", "1 + 1; // => 3\n")).rejects.toThrow(
      "to deeply equal 3",
    );
  });

  test("an example that throws", async () => {
    const block = 'throw new Error("planted");\n';

    await expect(runExample("planted-error", block)).rejects.toThrow("planted");
  });

  test("an example that imports what is not there", async () => {
    const block = 'import { missing } from "@syncline/machine";\nmissing(); // => 1\n';

    await expect(runExample("planted-import", block)).rejects.toThrow("missing");
  });

  test("a claim that would not be checked", () => {
    expect(() => withAssertions("console.log(1) // => 2")).toThrow("not");
  });

  test.each([
    "# Title\n\nA sentence.\n\nAnother one.\n\n```ts\n```\n",
    "# Title\n\n## Section\n\n```ts\n```\n",
    "# Title\n\nA sentence.\n\n```sh\n```\n",
    "",
  ])("a README that begins with %j", (text) => {
    expect(beginsWithExample(text)).toBe(false);
  });

  test.each(["# Title\n\nA sentence\nin two lines.\n\n```ts\n```\n", "# Title\n\n```ts\n```\n"])(
    "one that begins with %j is none",
    (text) => {
      expect(beginsWithExample(text)).toBe(true);
    },
  );
});
