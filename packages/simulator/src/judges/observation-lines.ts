/** Observations as fields of JSON, there and back. */
import type { DotRanges, NumberRange, WriteDot } from "./dot-ranges.ts";
import type { Observation } from "./history.ts";
import { fieldsOf, isAbsentOr, isText, isWhole } from "./models/json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The observation with these fields; what is wrong with them, as a text, if it is none. */
export const observationOf = (fields: Fields): Observation | string => {
  const { kind, time } = fields;
  const who = kind === "replica" ? fields["replica"] : fields["session"];
  if (!isText(who)) return `the ${kind === "replica" ? "replica" : "session"} is no text`;
  if (typeof time !== "number" || !Number.isFinite(time)) return "the time is no number";
  switch (kind) {
    case "write":
      return writeOf(fields, who, time);
    case "acknowledgement":
      return acknowledgementOf(fields, who, time);
    case "read":
      return readOf(fields, who, time);
    case "replica":
      return replicaOf(fields, who, time);
    default:
      return "the kind is unknown";
  }
};

const writeOf = (fields: Fields, session: string, time: number): Observation | string => {
  const dot = dotOf(fields["dot"]);
  const deletes = rangesOf(fields["deletes"]);
  if (dot === null) return "the dot is no origin and number";
  if (deletes === null) return "deletes is no set of dots";
  return { kind: "write", session, time, dot, ...(deletes === undefined ? {} : { deletes }) };
};

const acknowledgementOf = (fields: Fields, session: string, time: number): Observation | string => {
  const dot = dotOf(fields["dot"]);
  const { level } = fields;
  if (dot === null) return "the dot is no origin and number";
  return isText(level)
    ? { kind: "acknowledgement", session, time, dot, level }
    : "the level is no text";
};

const readOf = (fields: Fields, session: string, time: number): Observation | string => {
  const seen = rangesOf(fields["seen"]);
  const present = rangesOf(fields["present"]);
  const { callTime, replica, promises } = fields;
  if (seen === undefined || seen === null) return "seen is no set of dots";
  if (present === null) return "present is no set of dots";
  const isCallTime = typeof callTime === "number" && callTime <= time;
  if (callTime !== undefined && !isCallTime) return "the callTime is no number up to the time";
  if (!isAbsentOr(replica, isText)) return "the replica is no text";
  if (!isAbsentOr(promises, isText)) return "promises is no text";
  return {
    kind: "read",
    session,
    time,
    ...(isCallTime ? { callTime } : {}),
    ...(isText(replica) ? { replica } : {}),
    seen,
    ...(present === undefined ? {} : { present }),
    ...(isText(promises) ? { promises } : {}),
  };
};

const replicaOf = (fields: Fields, replica: string, time: number): Observation | string => {
  const seen = rangesOf(fields["seen"]);
  const present = rangesOf(fields["present"]);
  const { digest, isFinal } = fields;
  if (!isText(digest)) return "the digest is no text";
  if (typeof isFinal !== "boolean") return "isFinal is neither true nor false";
  if (seen === null) return "seen is no set of dots";
  if (present === null) return "present is no set of dots";
  return {
    kind: "replica",
    replica,
    time,
    digest,
    ...(seen === undefined ? {} : { seen }),
    ...(present === undefined ? {} : { present }),
    isFinal,
  };
};

const dotOf = (value: unknown): WriteDot | null => {
  const fields = fieldsOf(value);
  const origin = fields?.["origin"];
  const number = fields?.["number"];
  return isText(origin) && isWhole(number, 1) ? { origin, number } : null;
};

/** Undefined if absent, null if it is none. A whole number stands for a range from 1, or in a list for itself alone. */
const rangesOf = (value: unknown): DotRanges | null | undefined => {
  if (value === undefined) return undefined;
  const fields = fieldsOf(value);
  if (fields === null) return null;
  const set = new Map<string, readonly NumberRange[]>();
  for (const [origin, numbers] of Object.entries(fields)) {
    const ranges = isWhole(numbers) ? [[1, numbers] as const] : numberRangesOf(numbers);
    if (ranges === null) return null;
    if (numbers !== 0) set.set(origin, ranges);
  }
  return set;
};

const numberRangesOf = (value: unknown): readonly NumberRange[] | null => {
  if (!Array.isArray(value)) return null;
  const ranges: NumberRange[] = [];
  let lastBefore = -1;
  for (const item of value as readonly unknown[]) {
    const [first, last, ...rest] = (Array.isArray(item) ? item : [item, item]) as unknown[];
    const isRange = isWhole(first, 1) && isWhole(last, first) && rest.length === 0;
    // One that touches the range before it would be the same set in two forms.
    if (!isRange || first <= lastBefore + 1) return null;
    ranges.push([first, last]);
    lastBefore = last;
  }
  return ranges;
};

/** The observation as a value that JSON can have; `observationOf` gives it back. */
export const fieldsOfObservation = (observation: Observation): Fields =>
  Object.fromEntries(
    Object.entries(observation).map(([name, value]) => [
      name,
      value instanceof Map ? fieldsOfRanges(value as DotRanges) : (value as unknown),
    ]),
  );

const fieldsOfRanges = (set: DotRanges): Fields =>
  Object.fromEntries(
    [...set].map(([origin, ranges]) => {
      const [first, last] = ranges[0] ?? [1, 0];
      const isPrefix = ranges.length <= 1 && first === 1;
      return [
        origin,
        isPrefix ? last : ranges.map(([from, to]) => (from === to ? from : [from, to])),
      ];
    }),
  );
