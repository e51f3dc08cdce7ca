// The simulation as one module that Node runs at once: the sources of the packages and of test/simulation, with nothing built before.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const root = join(import.meta.dirname, "..");

/** What is simulated, and the module that does it. */
const entries = {
  gossip: "test/simulation/campaign.ts",
  paxos: "test/consensus/paxos/paxos-campaign.ts",
  caspaxos: "test/consensus/caspaxos/caspaxos-campaign.ts",
  raft: "test/consensus/raft/raft-campaign.ts",
};

/** The protocols that can be simulated. */
export const protocols = Object.keys(entries);

/** Bundles a protocol's campaign into a directory of its own under node_modules/.cache, and gives the file. `plugins` may change sources on their way. */
export const bundleSimulation = async (name = "plain", plugins = [], protocol = "gossip") => {
  const outDir = join(root, "node_modules/.cache/syncline-simulation", name);
  mkdirSync(outDir, { recursive: true });
  await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins,
    resolve: { conditions: ["@syncline/source", "node"] },
    ssr: { noExternal: true, resolve: { conditions: ["@syncline/source", "node"] } },
    build: {
      ssr: entries[protocol],
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: "campaign.mjs" } },
    },
  });
  return join(outDir, "campaign.mjs");
};
