/** Options of a command: from its arguments, else from the environment, else from a JSON file. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SyncError } from "@syncline/machine";

/** One option of a command. */
interface OptionSpec {
  /** What stands for its value in the help; null for a flag. */
  readonly value: string | null;
  readonly help: string;
  readonly kind: "text" | "number" | "pairs" | "flag";
}

/** The options of a command by their names, as they stand on the command line without `--`. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What an option came to. */
export type OptionValue = string | number | boolean | Readonly<Record<string, string>>;

/** The environment variable of an option: `--write-quorum` is `SYNCLINE_WRITE_QUORUM`. */
const variableOf = (name: string): string => `SYNCLINE_${name.toUpperCase().replaceAll("-", "_")}`;

/**
 * The options that were given. An argument wins over the environment, that over the file named by `--config`; of two equal arguments the last.
 *
 * @throws SyncError `BAD_CONFIG` for an option that is not known, in any of the three places, or a value of the wrong kind.
 */
export const readOptions = (
  specs: OptionSpecs,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, OptionValue> => {
  const given = parse(specs, args);
  const options = new Map<string, OptionValue>();
  const file = given["config"] ?? environment[variableOf("config")];
  if (typeof file === "string") {
    for (const [name, value] of Object.entries(readFile(file))) {
      const spec = specs[name];
      if (spec === undefined || name === "config") throw bad(`${file}: unknown option "${name}"`);
      options.set(name, fromJson(file, name, spec, value));
    }
  }
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name] ?? environment[variableOf(name)];
    if (value !== undefined && value !== "") options.set(name, fromText(name, spec, String(value)));
  }
  return options;
};

const bad = (message: string, cause?: unknown): SyncError =>
  new SyncError("BAD_CONFIG", message, { cause });

const parse = (
  specs: OptionSpecs,
  args: readonly string[],
): Readonly<Record<string, string | boolean | undefined>> => {
  try {
    const options = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [
        name,
        { type: spec.kind === "flag" ? ("boolean" as const) : ("string" as const) },
      ]),
    );
    const { values } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals: false,
    });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    // Node's text goes on with advice about positional arguments that does not fit here.
    const [sentence] = String(error instanceof Error ? error.message : error).split(". ");
    throw bad(sentence ?? "wrong arguments", error);
  }
};

const readFile = (path: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw bad(`${path}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  throw bad(`${path}: must hold a JSON object`);
};

const fromText = (name: string, spec: OptionSpec, text: string): OptionValue => {
  switch (spec.kind) {
    case "text":
      return text;
    case "flag":
      return text === "true" || text === "1";
    case "number": {
      const number = Number(text);
      if (!/^\d+$/u.test(text) || !Number.isSafeInteger(number)) {
        throw bad(`--${name}: must be a whole number: ${text}`);
      }
      return number;
    }
    case "pairs":
      return pairsOf(name, text);
  }
};

const fromJson = (file: string, name: string, spec: OptionSpec, value: unknown): OptionValue => {
  const isRight =
    spec.kind === "pairs"
      ? typeof value === "object" && value !== null && !Array.isArray(value)
      : typeof value ===
        (spec.kind === "number" ? "number" : spec.kind === "flag" ? "boolean" : "string");
  if (!isRight) throw bad(`${file}: "${name}" has a value of the wrong kind`);
  return value as OptionValue;
};

/** `a=ws://…,b=ws://…` */
const pairsOf = (name: string, text: string): Readonly<Record<string, string>> => {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",")) {
    const [, key, value] = /^([^=]+)=(.+)$/u.exec(part.trim()) ?? [];
    if (key === undefined || value === undefined) {
      throw bad(`--${name}: must be NAME=ADDRESS,NAME=ADDRESS: ${part}`);
    }
    if (Object.hasOwn(pairs, key)) throw bad(`--${name}: "${key}" stands in it twice`);
    pairs[key] = value;
  }
  return pairs;
};

/** The lines of a help text: each option with what it means, aligned. */
export const describeOptions = (specs: OptionSpecs): string => {
  const left = (name: string, spec: OptionSpec): string =>
    `  --${name}${spec.value === null ? "" : ` ${spec.value}`}`;
  const width =
    Math.max(...Object.entries(specs).map(([name, spec]) => left(name, spec).length)) + 2;
  return Object.entries(specs)
    .map(([name, spec]) => left(name, spec).padEnd(width) + spec.help)
    .join("\n");
};
