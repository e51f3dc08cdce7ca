// `npm start`: sets up what is missing, then runs three relays and the demos on this machine.
// What is after `--` goes to `syncline dev`, where the last of two equal options counts.
import { becomeNode, setUp } from "./setup.mjs";

const options = [
  ["--relays", "3"],
  ["--port", "4400"],
  ["--http", "8080"],
  ["--data", ".syncline"],
];

if (await setUp()) {
  becomeNode(["packages/relay/dist/cli.js", "dev", ...options.flat(), ...process.argv.slice(2)]);
} else {
  process.exitCode = 1;
}
