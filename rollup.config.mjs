// Three builds. Packages: every entry becomes ES modules in the package's dist/, one for each source file.
// Demos: each demos/*/main.ts becomes one file that the page can load with no other server.
// Benchmarks: each command and whatever else is started by its file name, as the packages are.
// Types are not built here; `tsc -b` writes dist/**/*.d.ts beside the packages' modules.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import resolve from "@rollup/plugin-node-resolve";
import { transform } from "oxc-transform";

const sourceCondition = "@syncline/source";

const typescript = {
  name: "typescript",
  async transform(code, id) {
    if (!id.endsWith(".ts")) return null;
    const result = await transform(id, code, {
      sourcemap: true,
      target: "es2022",
      typescript: { onlyRemoveTypeImports: true },
    });
    if (result.errors.length > 0) this.error(result.errors[0].message);
    return { code: result.code, map: result.map };
  },
};

const isRelative = (id) => id.startsWith(".") || id.startsWith("/") || id.startsWith("packages/");

/**
 * What the package exports, what it imports by condition, and what is started by its file name: a command
 * (`cli.ts`) or a worker (`*-worker.ts`). Each keeps a file of its own.
 */
const entriesOf = (name) => {
  const manifest = readFileSync(`packages/${name}/package.json`, "utf8");
  const { exports, imports = {} } = JSON.parse(manifest);
  const sources = [...Object.values(exports), ...Object.values(imports)].flatMap((target) =>
    filesOf(target[sourceCondition] ?? {}),
  );
  const started = existsSync(`packages/${name}/src`)
    ? readdirSync(`packages/${name}/src`)
        .filter((file) => /^(?:cli|.+-worker)\.ts$/u.test(file))
        .map((file) => `src/${file}`)
    : [];
  return [...sources, ...started]
    .map((source) => `packages/${name}/${source.replace("./", "")}`)
    .filter((source) => existsSync(source));
};

const filesOf = (target) =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(filesOf);

const packageBuild = (name) => ({
  input: entriesOf(name),
  external: (id) => !isRelative(id),
  plugins: [typescript],
  output: {
    dir: `packages/${name}/dist`,
    format: "es",
    preserveModules: true,
    preserveModulesRoot: `packages/${name}/src`,
    sourcemap: true,
  },
});

const benchEntriesOf = (name) =>
  readdirSync(`bench/${name}/src`, { recursive: true, encoding: "utf8" })
    .filter((file) => /(?:^cli|-process|-preload)\.ts$/u.test(file))
    .map((file) => `bench/${name}/src/${file}`);

const benchBuild = (name) => ({
  input: benchEntriesOf(name),
  external: (id) => !isRelative(id) && !id.startsWith("bench/"),
  plugins: [typescript],
  output: {
    dir: `bench/${name}/dist`,
    format: "es",
    preserveModules: true,
    preserveModulesRoot: `bench/${name}/src`,
    sourcemap: true,
  },
});

const demoBuild = (name) => ({
  input: `demos/${name}/main.ts`,
  plugins: [
    resolve({ browser: true, exportConditions: [sourceCondition], extensions: [".ts", ".js"] }),
    typescript,
  ],
  output: { file: `demos/${name}/dist/main.js`, format: "es", sourcemap: true },
});

export default [
  ...readdirSync("packages")
    .filter((name) => entriesOf(name).length > 0)
    .map(packageBuild),
  ...readdirSync("demos")
    .filter((name) => existsSync(`demos/${name}/main.ts`))
    .map(demoBuild),
  ...readdirSync("bench")
    .filter((name) => existsSync(`bench/${name}/src/cli.ts`))
    .map(benchBuild),
];
