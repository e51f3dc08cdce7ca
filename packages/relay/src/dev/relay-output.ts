/** What a relay's process writes to its standard error, for people to read. */
import { type ErrorCode, errorCodes, SyncError } from "@syncline/machine";

/** As pino numbers them. */
const errorLevel = 50;

/** A line of the relay's log (JSON) in words, any other line as it is. */
export const readable = (line: string): string => {
  const entry = parseObject(line);
  if (entry === null || typeof entry["msg"] !== "string") return line;
  const { level, time: _time, relay: _relay, msg, ...facts } = entry;
  const details = Object.entries(facts).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const severity = typeof level === "number" && level >= errorLevel ? "error: " : "";
  return `${severity}${msg}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
};

const parseObject = (line: string): Readonly<Record<string, unknown>> | null => {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
};

/** Why a relay could not start, out of the last line that it wrote: `syncline: PORT_IN_USE: …`. */
export const failureOf = (id: string, lines: readonly string[], how: string): SyncError => {
  const complaint = lines.at(-1) ?? `it ended ${how} and said nothing`;
  const [, prefix, sentence] = /^syncline: (?:([A-Z_]+): )?(.*)$/u.exec(complaint) ?? [];
  const code: ErrorCode = errorCodes.find((each) => each === prefix) ?? "UNREACHABLE";
  return new SyncError(code, `relay ${id}: ${sentence ?? complaint}`);
};
