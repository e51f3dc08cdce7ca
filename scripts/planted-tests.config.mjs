// The tests of the data types with one bug planted, which PLANTED names. For scripts/mutants-of-tests.mjs.
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { mutants } from "../test/crdt/mutants.mjs";
import { plant } from "../test/simulation/mutants.mjs";

const conditions = ["@syncline/source", "node"];
const mutant = mutants.find(({ name }) => name === process.env["PLANTED"]);
if (mutant === undefined) throw new Error(`there is no bug ${process.env["PLANTED"]}`);

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  plugins: [plant(mutant)],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/{crdt,clocks}/src/**/*.test.ts", "test/{crdt,laws}/**/*.test.ts"],
    exclude: ["**/*.browser.test.ts"],
    bail: 1,
    setupFiles: ["scripts/planted-tests.setup.mjs"],
    reporters: ["json"],
    // A bug may make a test endless, which is a way of being found.
    testTimeout: 60_000,
  },
});
