// `npm run bench`: sets up what is missing, then runs the benchmark with the given arguments.
// Where the peers cannot be installed, what went wrong has been said, and the benchmark leaves them out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { becomeNode, root, setUp, setUpPeers } from "./setup.mjs";

const args = process.argv.slice(2);

// Help is plain text, so that reading it installs and builds nothing.
if (args.includes("--help")) {
  process.stdout.write(readFileSync(join(root, "bench/relays/help.txt"), "utf8"));
} else if (await setUp()) {
  await setUpPeers();
  becomeNode(["bench/relays/dist/cli.js", ...args]);
} else {
  process.exitCode = 1;
}
