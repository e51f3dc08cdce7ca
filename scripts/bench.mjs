// `npm run bench`: sets up what is missing, then runs the benchmark with the given arguments.
// Where the peers cannot be installed, what went wrong has been said, and the benchmark leaves them out.
import { becomeNode, setUp, setUpPeers } from "./setup.mjs";

if (await setUp()) {
  await setUpPeers();
  becomeNode(["bench/relays/dist/cli.js", ...process.argv.slice(2)]);
} else {
  process.exitCode = 1;
}
