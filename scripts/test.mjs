// `npm test`: sets up what is missing, then runs vitest with the given arguments.
// The set-up builds, too: integration tests run real processes from dist/.
import { becomeNode, setUp } from "./setup.mjs";

if (await setUp()) {
  becomeNode(["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]);
} else {
  process.exitCode = 1;
}
