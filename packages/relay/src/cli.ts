/** The command `syncline`. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { SyncError } from "@syncline/machine";
import { type BenchOptions, runBench } from "./bench/bench.ts";
import { describeBench } from "./bench/report.ts";
import { describeOptions, type OptionSpecs, type OptionValue, readOptions } from "./cli-options.ts";
import { logLevels, type RelayOptions } from "./config.ts";
import { startDev } from "./dev/dev.ts";
import { giveBackWhenIdle } from "./idle-memory.ts";
import { startRelay } from "./relay.ts";

const relayOptions: OptionSpecs = {
  listen: {
    kind: "text",
    value: "HOST:PORT",
    help: "where to listen (127.0.0.1:4400); port 0 for any that is free",
  },
  data: {
    kind: "text",
    value: "DIR",
    help: "the data directory (.syncline/ID); created if it is not there",
  },
  id: { kind: "text", value: "NAME", help: "this relay's name among its peers (a)" },
  peers: {
    kind: "pairs",
    value: "a=ws://…,b=ws://…",
    help: "every relay of the cluster, this one included",
  },
  "write-quorum": {
    kind: "number",
    value: "W",
    help: "on how many disks a batch is settled (a majority)",
  },
  "read-quorum": {
    kind: "number",
    value: "R",
    help: "how many homes a first reading asks (N - W + 1)",
  },
  homes: {
    kind: "number",
    value: "N",
    help: "how many relays are homes of a space (3, or all if fewer)",
  },
  "cluster-token": {
    kind: "text",
    value: "SECRET",
    help: "what relays show each other to be let in",
  },
  "batch-bytes-max": {
    kind: "number",
    value: "BYTES",
    help: "the largest batch (16 MiB less 16 KiB)",
  },
  "document-bytes-max": { kind: "number", value: "BYTES", help: "the largest document (16 MiB)" },
  "log-level": {
    kind: "text",
    value: "LEVEL",
    help: `${logLevels.join(", ")} (info); JSON lines on standard error`,
  },
  config: { kind: "text", value: "FILE", help: "a JSON file with any of these options" },
};

const devOptions: OptionSpecs = {
  relays: { kind: "number", value: "COUNT", help: "how many relays (3)" },
  port: { kind: "number", value: "PORT", help: "the first relay's port; the others follow (4400)" },
  http: { kind: "number", value: "PORT", help: "the port of the demos (8080)" },
  host: { kind: "text", value: "HOST", help: "the address to bind (127.0.0.1)" },
  data: { kind: "text", value: "DIR", help: "where the relays' data directories are (.syncline)" },
  demos: { kind: "text", value: "DIR", help: "the built demos (those of the repository)" },
  config: { kind: "text", value: "FILE", help: "a JSON file with any of these options" },
};

const benchOptions: OptionSpecs = {
  "data-dir": {
    kind: "text",
    value: "DIR",
    help: "where to put a directory for a while (the system's temporary one)",
  },
  writers: { kind: "number", value: "COUNT", help: "writers in each room (1)" },
  readers: { kind: "number", value: "COUNT", help: "readers in each room, beside them (2)" },
  rate: { kind: "number", value: "COUNT", help: "updates a second of each writer (5)" },
  rooms: { kind: "number", value: "COUNT", help: "this many only (from 100 on, doubled)" },
  seconds: { kind: "number", value: "COUNT", help: "how long each load is measured (3)" },
  short: { kind: "flag", value: null, help: "to see that it works; the figures mean little" },
  json: { kind: "flag", value: null, help: "the figures as JSON on standard output" },
  config: { kind: "text", value: "FILE", help: "a JSON file with any of these options" },
};

const usage = `syncline: keeps shared data in step

Usage
  syncline relay [options]   one relay, alone or of a cluster
  syncline dev [options]     a cluster on this machine, with the demos
  syncline bench [options]   what a relay on this machine and disk holds
  syncline --version

"syncline COMMAND --help" lists the options. Each can also be given as an environment variable
(--write-quorum is SYNCLINE_WRITE_QUORUM) or in a JSON file named by --config.
`;

const relayHelp = `syncline relay: keeps spaces on this disk, serves Syncline and y-websocket clients

Options (default)
${describeOptions(relayOptions)}

Prints "ready ws://HOST:PORT" when it accepts connections. SIGTERM and SIGINT drain it, exit 0.
Exit 1: it had to stop (its disk failed). Exit 2: a wrong option, a directory in use, a taken port.
`;

const devHelp = `syncline dev: relays as processes of their own on this machine, and the demos

Options (default)
${describeOptions(devOptions)}

Prints "ready http://…", the address to open. Ends its relays when it ends.
`;

const benchHelp = `syncline bench: what a relay on this machine and disk holds, in less than a minute

Options (default)
${describeOptions(benchOptions)}

Starts a relay of its own and puts more and more rooms on it, until it does not keep up: then an
update in a hundred waits over 250 ms to be on disk, or less comes back than was sent. Progress goes to standard
error. The directory must be on the disk that the relay would use: one in memory proves nothing.
`;

const out = (text: string): void => {
  process.stdout.write(text);
};

const text = (options: ReadonlyMap<string, OptionValue>, name: string): string | undefined => {
  const value = options.get(name);
  return typeof value === "string" ? value : undefined;
};

const number = (options: ReadonlyMap<string, OptionValue>, name: string): number | undefined => {
  const value = options.get(name);
  return typeof value === "number" ? value : undefined;
};

const defined = <Options extends object>(options: {
  [Name in keyof Options]: Options[Name] | undefined;
}): Options =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;

const toRelayOptions = (options: ReadonlyMap<string, OptionValue>): RelayOptions => {
  const peers = options.get("peers");
  return defined<RelayOptions>({
    listen: text(options, "listen"),
    data: text(options, "data") ?? `.syncline/${text(options, "id") ?? "a"}`,
    id: text(options, "id"),
    peers: typeof peers === "object" ? peers : undefined,
    writeQuorum: number(options, "write-quorum"),
    readQuorum: number(options, "read-quorum"),
    homes: number(options, "homes"),
    clusterToken: text(options, "cluster-token"),
    batchBytesMax: number(options, "batch-bytes-max"),
    documentBytesMax: number(options, "document-bytes-max"),
    logLevel: text(options, "log-level"),
  });
};

/** Ends the process once, whatever asks first and however often. */
const endOnSignals = (close: () => Promise<void>): void => {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => quit(error, 1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  // A relay that belongs to a development cluster must not outlive it, however that one ends.
  const hasParentPipe = process.env["SYNCLINE_PARENT_PIPE"] === "1";
  if (hasParentPipe) process.stdin.on("end", end).on("error", end).resume();
};

const quit = (error: unknown, code: number): never => {
  const name = error instanceof SyncError ? `${error.code}: ` : "";
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`syncline: ${name}${message.replaceAll("\n", " ")}\n`);
  process.exit(code);
};

const runRelay = async (args: readonly string[]): Promise<void> => {
  const options = toRelayOptions(readOptions(relayOptions, args, process.env));
  const relay = await startRelay(options);
  endOnSignals(() => relay.close());
  giveBackWhenIdle();
  out(`ready ${relay.url}\n`);
  const failure = await relay.failed;
  // Health answers a moment longer, so that whoever watches sees why.
  setTimeout(() => quit(failure, 1), 1000);
};

const runDev = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(devOptions, args, process.env);
  const relayCount = number(options, "relays") ?? 3;
  const dataDirectory = text(options, "data") ?? ".syncline";
  const cluster = await startDev({
    relayCount,
    port: number(options, "port") ?? 4400,
    httpPort: number(options, "http") ?? 8080,
    host: text(options, "host") ?? "127.0.0.1",
    dataDirectory,
    ...defined<{ demosDirectory?: string }>({ demosDirectory: text(options, "demos") }),
    print: (line) => out(`${line}\n`),
  });
  endOnSignals(() => cluster.close());
  out(`ready ${cluster.url}\n`);
  // For a person: a program that waits for the line above needs no more.
  if (!process.stdout.isTTY) return;
  const relays = relayCount === 1 ? "1 relay keeps its" : `${relayCount} relays keep their`;
  out(`${relays} data in ${dataDirectory}. Open the address in a browser; Ctrl-C ends all.\n`);
};

const toBenchOptions = (options: ReadonlyMap<string, OptionValue>): BenchOptions => ({
  dataRoot: text(options, "data-dir") ?? tmpdir(),
  writersEach: number(options, "writers") ?? 1,
  readersEach: number(options, "readers") ?? 2,
  rate: number(options, "rate") ?? 5,
  rooms: number(options, "rooms") ?? null,
  seconds: number(options, "seconds") ?? 3,
  isShort: options.get("short") === true,
  progress: (line) => void process.stderr.write(`${line}\n`),
});

const runBenchCommand = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(benchOptions, args, process.env);
  const figures = await runBench(toBenchOptions(options));
  const isJson = options.get("json") === true;
  out(isJson ? `${JSON.stringify(figures, null, 2)}\n` : describeBench(figures));
  // Sockets that are still closing need not be waited for.
  process.exit(0);
};

const version = (): string => {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
};

const main = async (args: readonly string[]): Promise<void> => {
  const [command, ...rest] = args;
  const wantsHelp = rest.includes("--help") || rest.includes("-h");
  switch (command) {
    case "relay":
      return wantsHelp ? out(relayHelp) : runRelay(rest);
    case "dev":
      return wantsHelp ? out(devHelp) : runDev(rest);
    case "bench":
      return wantsHelp ? out(benchHelp) : runBenchCommand(rest);
    case "--version":
      return out(`${version()}\n`);
    case undefined:
    case "--help":
    case "-h":
    case "help":
      return out(usage);
    default:
      throw new SyncError("BAD_CONFIG", `unknown command "${command}"; see syncline --help`);
  }
};

main(process.argv.slice(2)).catch((error: unknown) => quit(error, 2));
