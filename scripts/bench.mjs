// `npm run bench`: sets up what is missing, the peers included, then runs the benchmark with the given arguments.
import { becomeNode, setUp, setUpPeers } from "./setup.mjs";

if ((await setUp()) && (await setUpPeers())) {
  becomeNode(["bench/relays/dist/cli.js", ...process.argv.slice(2)]);
} else {
  process.exitCode = 1;
}
