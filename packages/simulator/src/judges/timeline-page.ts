/** A verdict as a page for a browser: complete in itself, without scripts, readable in light and dark. */
import type { Evidence, Verdict, Violation } from "./verdict.ts";

/** Sizes of a drawing, in pixels of its own. */
const ROW_HEIGHT = 34;
const BAR_HEIGHT = 20;
const TOP_HEIGHT = 10;
const AXIS_HEIGHT = 26;
const NAME_WIDTH = 170;
const PLOT_WIDTH = 600;
const TEXT_WIDTH = 430;
const WHOLE_WIDTH = NAME_WIDTH + PLOT_WIDTH + TEXT_WIDTH;
/** The narrowest that a moment is drawn. */
const MOMENT_WIDTH = 6;

/**
 * The verdict as HTML, with each violation's proof drawn as a timeline: a row for each fact, in the order in which they began, the culprit
 * marked in colour and by a sign. Distances are ranks, not durations; the times stand below.
 *
 * All text of the history is escaped. About 1 kB a fact.
 */
export const timelinePage = (verdict: Verdict): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(verdict.guarantee)}: ${verdict.kind}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(verdict.guarantee)} <span class="${verdict.kind}">${verdict.kind}</span></h1>
${bodyOf(verdict)}
</body>
</html>
`;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2129; --quiet: #5b6472; --line: #d5dae2; --page: #ffffff; --bar: #4a7ab5; --bad: #c2331f; --good: #2b7a3d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --quiet: #9aa4b2; --line: #3a414c; --page: #15181d; --bar: #6f9fd8; --bad: #ff7a66; --good: #6cc47f; } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1.25rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 1.5rem; }
h1 span { font-weight: 400; }
.holds { color: var(--good); } .violated { color: var(--bad); } .undecided { color: var(--quiet); }
section { margin: 0 0 2.25rem; }
h2 { font-size: 1.05rem; font-weight: 600; margin: 0 0 .75rem; overflow-wrap: anywhere; }
figure { margin: 0; overflow-x: auto; }
svg { display: block; min-width: 46rem; width: 100%; height: auto; font: 14px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .quiet { fill: var(--quiet); font-size: 12px; }
.grid { stroke: var(--line); } .bar { fill: var(--bar); } .bad .bar { fill: var(--bad); } .bad text { fill: var(--bad); font-weight: 600; }
.open { stroke: var(--bar); stroke-width: 2; stroke-dasharray: 5 4; } .bad .open { stroke: var(--bad); }
p { color: var(--quiet); }
`;

const bodyOf = (verdict: Verdict): string => {
  switch (verdict.kind) {
    case "holds":
      return `<p>${verdict.judgedCount} judged.</p>`;
    case "undecided":
      return `<p>${escaped(verdict.reason)}</p>`;
    case "violated": {
      const { violations, violationCount } = verdict;
      const beyond = violationCount - violations.length;
      const note =
        "A bar reaches from call to return; a dashed one never ended. Distances show only what came before what.";
      return [
        ...violations.map(sectionOf),
        beyond > 0 ? `<p>And ${beyond} more.</p>` : "",
        `<p>${note}</p>`,
      ].join("\n");
    }
  }
};

const sectionOf = ({ sentence, evidence }: Violation): string => `<section>
<h2>${escaped(sentence)}</h2>
<figure>${drawingOf(evidence, sentence)}</figure>
</section>`;

const drawingOf = (evidence: readonly Evidence[], sentence: string): string => {
  const facts = [...evidence].sort((left, right) => left.fromTime - right.fromTime);
  const times = timesOf(facts);
  const columnOf = (time: number): number =>
    NAME_WIDTH + (times.length < 2 ? 0 : (times.indexOf(time) * PLOT_WIDTH) / times.length);
  const plotHeight = TOP_HEIGHT + facts.length * ROW_HEIGHT;
  const lines = times.map((time) => gridLineOf(time, columnOf(time), plotHeight));
  const rows = facts.map((fact, index) => rowOf(fact, TOP_HEIGHT + index * ROW_HEIGHT, columnOf));
  const height = plotHeight + AXIS_HEIGHT;
  return `<svg viewBox="0 0 ${WHOLE_WIDTH} ${height}" role="img" aria-label="${escaped(sentence)}">
${[...lines, ...rows].join("\n")}
</svg>`;
};

const timesOf = (facts: readonly Evidence[]): readonly number[] =>
  [...new Set(facts.flatMap(({ fromTime, toTime }) => [fromTime, toTime ?? fromTime]))].sort(
    (left, right) => left - right,
  );

const gridLineOf = (time: number, x: number, height: number): string =>
  `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>` +
  `<text class="quiet" x="${x}" y="${height + 16}" text-anchor="middle">${shortTime(time)}</text>`;

/** At most so many digits as there is room for below a line. */
const shortTime = (time: number): string => String(Number(time.toPrecision(7)));

const rowOf = (
  { who, what, fromTime, toTime, isCulprit }: Evidence,
  y: number,
  columnOf: (time: number) => number,
): string => {
  const from = columnOf(fromTime);
  const end = NAME_WIDTH + PLOT_WIDTH;
  const middle = y + BAR_HEIGHT / 2;
  const baseline = middle + 5;
  const width = toTime === null ? MOMENT_WIDTH : Math.max(MOMENT_WIDTH, columnOf(toTime) - from);
  const open =
    toTime === null
      ? `<line class="open" x1="${from}" x2="${end}" y1="${middle}" y2="${middle}"/>`
      : "";
  const mark = isCulprit ? "✗ " : "";
  return `<g${isCulprit ? ' class="bad"' : ""}>
<text x="${NAME_WIDTH - 14}" y="${baseline}" text-anchor="end">${mark}${escaped(cut(who, 18))}</text>
${open}<rect class="bar" x="${from}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="3"/>
<text x="${end + 14}" y="${baseline}">${escaped(cut(what, 46))}</text>
<title>${escaped(`${who}: ${what}`)}</title>
</g>`;
};

const cut = (text: string, lengthMax: number): string =>
  text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text;

const escaped = (text: string): string =>
  text.replace(/[&<>"']/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);
