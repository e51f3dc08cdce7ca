/** A violation as a small timeline in text: a row for each client, a line for each fact, the culprit marked. */
import type { Evidence, Verdict, Violation } from "./verdict.ts";

/** How many columns the stretch of time is drawn in. */
const WIDTH = 48;

/**
 * A verdict in text, for a terminal: a sentence, and of what was violated each proof as a timeline.
 *
 * Distances in a timeline are ranks, not durations: what matters is what came before what.
 */
export const describeVerdict = (verdict: Verdict): string => {
  const { guarantee } = verdict;
  switch (verdict.kind) {
    case "holds":
      return `${guarantee}: holds (${verdict.judgedCount} judged)`;
    case "undecided":
      return `${guarantee}: undecided (${verdict.reason})`;
    case "violated": {
      const { violations, violationCount } = verdict;
      const beyond = violationCount - violations.length;
      return [
        `${guarantee}: violated (${violationCount})`,
        ...violations.map((violation) => `\n${describeViolation(violation)}`),
        ...(beyond > 0 ? [`\nand ${beyond} more`] : []),
      ].join("\n");
    }
  }
};

const describeViolation = ({ sentence, evidence }: Violation): string => {
  const scale = scaleOf(evidence);
  const whoWidth = Math.max(...evidence.map(({ who }) => who.length), 0);
  const rows = evidence.map((fact) => {
    const mark = fact.isCulprit ? "!" : " ";
    return `  ${mark} ${fact.who.padEnd(whoWidth)}  ${barOf(fact, scale).padEnd(WIDTH + 1)}  ${fact.what}`;
  });
  return [sentence, ...rows].join("\n");
};

/** The column of a time: times are spread evenly by their rank. */
const scaleOf = (evidence: readonly Evidence[]): ((time: number) => number) => {
  const times = [
    ...new Set(evidence.flatMap(({ fromTime, toTime }) => [fromTime, toTime ?? fromTime])),
  ].sort((left, right) => left - right);
  const columnByTime = new Map(
    times.map((time, rank) => [
      time,
      times.length < 2 ? 0 : Math.round((rank * WIDTH * 0.9) / (times.length - 1)),
    ]),
  );
  return (time) => columnByTime.get(time) ?? 0;
};

const barOf = ({ fromTime, toTime }: Evidence, column: (time: number) => number): string => {
  const from = column(fromTime);
  if (toTime === null) return `${" ".repeat(from)}|${"-".repeat(WIDTH - 1 - from)}>`;
  const to = column(toTime);
  return from === to ? `${" ".repeat(from)}|` : `${" ".repeat(from)}|${"-".repeat(to - from - 1)}|`;
};
