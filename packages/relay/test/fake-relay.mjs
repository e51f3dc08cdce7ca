// Behaves like `syncline relay` towards whoever starts it, and replicates nothing. Its id decides what goes wrong:
// `--fail ID` ends at the start like a relay whose port is taken; `--mute` ignores SIGTERM.
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const text = { type: "string" };
const flag = { type: "boolean" };
const { values } = parseArgs({
  options: {
    listen: text,
    data: text,
    id: text,
    peers: text,
    "log-level": text,
    fail: text,
    mute: flag,
  },
});

if (values.fail === values.id) {
  process.stderr.write("a line about something else\n");
  process.stderr.write("syncline: PORT_IN_USE: another process has port 1\n");
  process.exit(2);
}

process.on("SIGTERM", () => {
  if (!values.mute) process.exit(0);
});
if (process.env.SYNCLINE_PARENT_PIPE === "1") {
  process.stdin.on("end", () => process.exit(0)).resume();
}

const [host, port] = values.listen.split(":");
createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url === "/exit") process.exit(3);
  if (request.url === "/complain") process.stderr.write("something is odd\n");
  if (request.url === "/log") {
    process.stderr.write('{"level":40,"time":1,"relay":"c","peer":"b","msg":"a link is down"}\n');
  }
  response.statusCode = request.url === "/health" ? 503 : 200;
  response.end(JSON.stringify({ url: request.url, ...values }));
}).listen(Number(port), host, () => process.stdout.write(`ready ws://${String(values.listen)}\n`));
