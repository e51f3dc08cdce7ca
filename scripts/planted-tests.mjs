// Runs the tests of the data types with one bug planted, which PLANTED names, and prints what came of them as JSON. For scripts/mutants-of-tests.mjs.
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { mutants } from "../test/crdt/mutants.mjs";
import { plant } from "../test/simulation/mutants.mjs";

const conditions = ["@syncline/source", "node"];
const mutant = mutants.find(({ name }) => name === process.env["PLANTED"]);
if (mutant === undefined) throw new Error(`there is no bug ${process.env["PLANTED"]}`);

await startVitest(
  "test",
  [],
  {
    config: false,
    root: join(import.meta.dirname, ".."),
    watch: false,
    include: ["packages/{crdt,clocks}/src/**/*.test.ts", "test/{crdt,laws}/**/*.test.ts"],
    exclude: ["**/*.browser.test.ts"],
    bail: 1,
    setupFiles: ["scripts/planted-tests.setup.mjs"],
    reporters: ["json"],
    testTimeout: 60_000,
  },
  { plugins: [plant(mutant)], resolve: { conditions }, ssr: { resolve: { conditions } } },
);
