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
  "raft-log": "test/storage/raft-log-campaign.ts",
};

/** What a program that stores something stands on, exchanged for the simulated disk. */
const simulatedModules = new Map([
  ["node:fs", "test/storage/simulated-fs.ts"],
  ["node:fs/promises", "test/storage/simulated-fs-promises.ts"],
  ["fs-native-extensions", "test/storage/simulated-lock.ts"],
]);
const simulatedDisk = {
  name: "simulated-disk",
  enforce: "pre",
  resolveId: (source) =>
    simulatedModules.has(source) ? join(root, simulatedModules.get(source)) : null,
};
const pluginsByProtocol = { "raft-log": [simulatedDisk] };

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
    plugins: [...(pluginsByProtocol[protocol] ?? []), ...plugins],
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
