/**
 * Histories as JSON lines: how a run of real processes is recorded while it happens, kept, changed by hand and judged. `JUDGES.md` has the
 * format.
 *
 * A call and its return are lines of their own, so that a recorder that is killed leaves a call of unknown outcome behind, which is the truth.
 */
import type { History, Observation, Operation } from "./history.ts";
import { fieldsOf, isText, isWhole } from "./models/json.ts";
import { fieldsOfObservation, observationOf } from "./observation-lines.ts";

/** A history, and what in its lines was not understood. */
export interface ReadHistory {
  /** Everything else. Do not judge it before having looked at the errors: without a write that was not understood, a read of it looks like a bug. */
  readonly history: History;
  /** The first `LINE_ERRORS_MAX`, by line. */
  readonly errors: readonly LineError[];
  readonly errorCount: number;
}

/** What is wrong with a line, counted from 1. */
export interface LineError {
  readonly line: number;
  readonly reason: string;
}

/** How many characters a line may have. A longer one is an error, and skipped. */
export const LINE_LENGTH_MAX = 1_048_576;
/** How many lines a history may have. Reading ends there with an error. */
export const LINES_MAX = 5_000_000;
/** How many errors are shown; those beyond are counted. */
export const LINE_ERRORS_MAX = 20;
/** How deep the values in a line may be nested. */
export const NESTING_MAX = 64;

/** A call that is not answered yet, or is. */
type OpenOperation = { -readonly [Name in keyof Operation]: Operation[Name] };

interface Reading {
  readonly operations: Map<number, OpenOperation>;
  readonly observations: Observation[];
}

/**
 * Reads a history from its text or its lines. Empty lines are skipped; so are lines that are not understood, and told. Never throws.
 *
 * A call without an answer has an unknown outcome. Linear time; memory for what is read.
 */
export const readHistory = (lines: string | Iterable<string>): ReadHistory => {
  const reading: Reading = { operations: new Map(), observations: [] };
  const errors: LineError[] = [];
  let errorCount = 0;
  let line = 0;
  for (const text of typeof lines === "string" ? linesOf(lines) : lines) {
    line += 1;
    const isBeyond = line > LINES_MAX;
    const reason = isBeyond ? `more than ${LINES_MAX} lines` : readLine(reading, text);
    if (reason === null) continue;
    errorCount += 1;
    if (errors.length < LINE_ERRORS_MAX) errors.push({ line, reason });
    if (isBeyond) break;
  }
  const { operations, observations } = reading;
  return { history: { operations: [...operations.values()], observations }, errors, errorCount };
};

/** One at a time: splitting a text of gigabytes would hold it twice. */
function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, to);
    from = to + 1;
  }
}

/** What is wrong with it, or null. */
const readLine = (reading: Reading, text: string): string | null => {
  if (text.length > LINE_LENGTH_MAX) return `longer than ${LINE_LENGTH_MAX} characters`;
  if (text.trim() === "") return null;
  if (nestingOf(text) > NESTING_MAX) return `nested deeper than ${NESTING_MAX}`;
  const fields = fieldsOf(parsed(text));
  if (fields === null) return "no JSON object";
  switch (fields["kind"]) {
    case "call":
      return readCall(reading, fields);
    case "return":
    case "failure":
      return readAnswer(reading, fields);
    default: {
      const observation = observationOf(fields);
      if (typeof observation === "string") return observation;
      reading.observations.push(observation);
      return null;
    }
  }
};

/** How deep the brackets outside of texts go. Before parsing: a megabyte of them would end in a stack overflow wherever a value is walked. */
const nestingOf = (text: string): number => {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInText && character === "\\") index += 1;
    else if (character === '"') isInText = !isInText;
    else if (isInText) continue;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

type Fields = Readonly<Record<string, unknown>>;

const readCall = ({ operations }: Reading, fields: Fields): string | null => {
  const { operation, client, key, time, input } = fields;
  if (!isWhole(operation)) return "the operation is no whole number";
  if (operations.has(operation)) return `operation ${operation} was called before`;
  if (!isText(client)) return "the client is no text";
  if (!isText(key)) return "the key is no text";
  if (!isTime(time)) return "the time is no number";
  operations.set(operation, { client, key, callTime: time, input, outcome: { kind: "unknown" } });
  return null;
};

const readAnswer = ({ operations }: Reading, fields: Fields): string | null => {
  const { kind, operation, time, output } = fields;
  const called = isWhole(operation) ? operations.get(operation) : undefined;
  if (called === undefined) return "the operation was not called before";
  if (called.outcome.kind !== "unknown") return "the operation was answered before";
  if (kind === "failure") {
    called.outcome = { kind: "failed" };
    return null;
  }
  if (!isTime(time)) return "the time is no number";
  if (time < called.callTime) return "the time is before that of the call";
  called.outcome = { kind: "returned", time, output: output ?? null };
  return null;
};

const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);

/** Writes down what happens, in the order in which it does. */
export interface Recorder {
  /** A call begins. Record it before it is sent: otherwise its effect could be seen before it was called. */
  called(call: Omit<Operation, "outcome">): number;
  /** It was answered; `number` is what `called` gave. Record it after the answer has come. */
  returned(number: number, time: number, output: unknown): void;
  /** It certainly had no effect, and will have none. Of a call whose outcome is not known nothing is recorded. */
  failed(number: number): void;
  observed(observation: Observation): void;
}

/** A recorder that gives each line, without its end, to `write`; operations are numbered from 1. */
export const createRecorder = (write: (line: string) => void): Recorder => {
  let count = 0;
  const put = (fields: Fields): void => write(JSON.stringify(fields));
  return {
    called: ({ client, key, callTime, input }) => {
      count += 1;
      put({ kind: "call", operation: count, client, key, time: callTime, input });
      return count;
    },
    returned: (operation, time, output) => put({ kind: "return", operation, time, output }),
    failed: (operation) => put({ kind: "failure", operation }),
    observed: (observation) => put(fieldsOfObservation(observation)),
  };
};

/** A whole history as text, with an end to each line; `readHistory` gives it back. */
export const writeHistory = ({ operations, observations }: History): string => {
  const lines: string[] = [];
  const recorder = createRecorder((line) => lines.push(line, "\n"));
  for (const operation of operations) {
    const number = recorder.called(operation);
    const { outcome } = operation;
    if (outcome.kind === "returned") recorder.returned(number, outcome.time, outcome.output);
    if (outcome.kind === "failed") recorder.failed(number);
  }
  for (const observation of observations) recorder.observed(observation);
  return lines.join("");
};
