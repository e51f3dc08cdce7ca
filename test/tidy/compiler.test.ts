/** The compiler and the lint refuse what a pure package may not do. Tried with the real configurations. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const exists = (name: string): boolean => existsSync(`packages/${name}/tsconfig.json`);
const purePackages = [
  "machine",
  "clocks",
  "crdt",
  "gossip",
  "quorum",
  "consensus",
  "coordinator",
  "simulator",
].filter(exists);
const edgePackages = ["storage", "websocket", "client", "relay"];

const toolTimeMaxMs = 60_000;

let folder: string;

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

/** What a tool printed, one line for each line. */
const run = (tool: string, ...args: readonly string[]): readonly string[] => {
  const { stdout, stderr } = spawnSync(process.execPath, [resolve(tool), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return (stdout + stderr).split("\n").filter((line) => line !== "");
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidy-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the compiler", () => {
  const compile = (name: string, textByFile: Readonly<Record<string, string>>) => {
    const project = `compiled/${name}`;
    for (const [file, text] of Object.entries(textByFile)) write(`${project}/${file}`, text);
    const extended = resolve(`packages/${name}/tsconfig.json`);
    const compilerOptions = {
      rootDir: ".",
      outDir: "out",
      tsBuildInfoFile: "out/.tsbuildinfo",
      typeRoots: [resolve("node_modules/@types")],
    };
    const include = Object.keys(textByFile);
    write(
      `${project}/tsconfig.json`,
      JSON.stringify({ extends: extended, compilerOptions, include, references: [] }),
    );
    return run("node_modules/typescript/bin/tsc", "--pretty", "false", "-p", project);
  };

  const worldly = {
    "buffer.ts": "export const planted: unknown = Buffer.alloc(1);\n",
    "console.ts": "console.log(1);\n",
    "document.ts": "export const planted: unknown = document.title;\n",
    "fetch.ts": 'export const planted: unknown = fetch("");\n',
    "process.ts": "export const planted: unknown = process.pid;\n",
    "timer.ts": "setTimeout(() => {}, 1);\n",
  };

  test.each(purePackages)(
    "refuses timers, processes and pages in %s",
    (name) => {
      const lines = compile(name, { ...worldly, "good.ts": "Math.max(1, 2);\n" });

      const refused = lines.flatMap(
        (line) => /(\w+\.ts)\(.*Cannot find name/u.exec(line)?.[1] ?? [],
      );
      expect(refused.toSorted()).toEqual(Object.keys(worldly));
    },
    toolTimeMaxMs,
  );

  test.each(["storage", "websocket", "relay"].filter(exists))(
    "accepts a timer in %s",
    (name) => {
      expect(compile(name, { "timer.ts": worldly["timer.ts"] })).toEqual([]);
    },
    toolTimeMaxMs,
  );
});

describe("the lint", () => {
  const impure = [
    ["no-restricted-globals", "Date.now()"],
    ["no-restricted-globals", "new Date()"],
    ["no-restricted-globals", "performance.now()"],
    ["no-restricted-globals", "setTimeout(() => {}, 1)"],
    ["no-restricted-globals", "setInterval(() => {}, 1)"],
    ["no-restricted-globals", "process.pid"],
    ["no-restricted-globals", "Promise.resolve()"],
    ["no-restricted-globals", "crypto.randomUUID()"],
    ["no-restricted-properties", "Math.random()"],
    ["no-async-await", "async () => 1"],
  ] as const;

  const careless = [
    ["no-floating-promises", "const run = async (): Promise<number> => 1;\nrun();\n"],
    ["no-explicit-any", "export const planted: any = 1;\n"],
    ["no-non-null-assertion", "export const planted = (a: string | null): string => a!;\n"],
    ["no-default-export", "export default 1;\n"],
    ["no-console", 'console.log("planted");\n'],
    ["max-lines-per-function", `export const planted = () => {\n${"  f();\n".repeat(80)}};\n`],
    ["max-lines", "f();\n".repeat(501)],
    ["ban-ts-comment", "// @ts-ignore\nf();\n"],
    [
      "switch-exhaustiveness-check",
      'export const planted = (a: "b" | "c") => {\n  switch (a) {\n    case "b":\n      return 1;\n  }\n};\n',
    ],
  ] as const;

  const sourceOf = (expression: string): string =>
    `/** Planted. */\nexport const planted: unknown = ${expression};\n`;

  let found: readonly string[];

  beforeAll(() => {
    write(".oxlintrc.json", readFileSync(".oxlintrc.json", "utf8"));
    write("tsconfig.json", readFileSync("tsconfig.base.json", "utf8"));
    for (const [index, [, expression]] of impure.entries()) {
      for (const name of [...purePackages, ...edgePackages]) {
        write(`packages/${name}/src/impure-${index}.ts`, sourceOf(expression));
      }
      write(`packages/machine/src/impure-${index}.test.ts`, sourceOf(expression));
    }
    for (const [index, [, text]] of careless.entries()) {
      write(`packages/relay/src/careless-${index}.ts`, text);
    }
    write("packages/relay/src/ring-a.ts", 'export { b as a } from "./ring-b.ts";\n');
    write("packages/relay/src/ring-b.ts", 'export { a as b } from "./ring-a.ts";\n');
    const options = ["--type-aware", "--deny-warnings", "--format=unix"];
    found = run("node_modules/oxlint/bin/oxlint", ...options, "packages");
  }, toolTimeMaxMs);

  const refusalsOf = (path: string): readonly string[] =>
    found.filter((line) => line.includes(`${path}:`));

  test.each(impure.map(([rule, expression], index) => [expression, rule, index] as const))(
    "refuses %s in every pure package",
    (_expression, rule, index) => {
      for (const name of purePackages) {
        expect(refusalsOf(`packages/${name}/src/impure-${index}.ts`).join()).toContain(rule);
      }
    },
  );

  test("accepts all of these in an edge package or a test", () => {
    const refusals = impure.flatMap(([rule], index) =>
      [
        ...edgePackages.flatMap((name) => refusalsOf(`packages/${name}/src/impure-${index}.ts`)),
        ...refusalsOf(`packages/machine/src/impure-${index}.test.ts`),
      ].filter((line) => line.includes(rule)),
    );

    expect(refusals).toEqual([]);
  });

  test.each(careless.map(([rule], index) => [rule, index] as const))(
    "refuses a breach of %s in any package",
    (rule, index) => {
      expect(refusalsOf(`packages/relay/src/careless-${index}.ts`).join()).toContain(`${rule})`);
    },
  );

  test("refuses an import cycle", () => {
    expect(refusalsOf("packages/relay/src/ring-a.ts").join()).toContain("no-cycle");
  });
});
