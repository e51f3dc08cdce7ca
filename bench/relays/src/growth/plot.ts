/** Draws curves as SVG: both axes logarithmic, so that a power of the cause is a straight line and its exponent the slope. */

/** What is drawn. */
export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly PlotSeries[];
  /** In small print below: on what it was measured. */
  readonly note: string;
}

/** One line. Points that are not above zero are left out: they have no place on such an axis. */
interface PlotSeries {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const width = 760;
const height = 460;
const frame = { left: 76, right: 20, top: 48, bottom: 118 };
const inner = {
  width: width - frame.left - frame.right,
  height: height - frame.top - frame.bottom,
};
/** To be told apart by those who see few colours, too (Okabe and Ito). */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const legendColumns = 2;

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** The picture as text. */
export const drawPlot = (plot: Plot): string => {
  const points = plot.series.flatMap((series) => series.points.filter(isDrawn));
  const x = axisOf(points.map(([value]) => value));
  const y = axisOf(points.map(([, value]) => value));
  const atX = (value: number): number => frame.left + inner.width * shareOf(x, value);
  const atY = (value: number): number => frame.top + inner.height * (1 - shareOf(y, value));
  const bottom = frame.top + inner.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"` +
      ` role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${escape(plot.title)}: ${escape(plot.yLabel)}, by ${escape(plot.xLabel)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(frame.left, 26, plot.title, 'font-size="16" font-weight="600"'),
    ...x.ticks.map((tick) => gridLine(atX(tick), frame.top, atX(tick), bottom, isDecade(tick))),
    ...y.ticks.map((tick) =>
      gridLine(frame.left, atY(tick), width - frame.right, atY(tick), isDecade(tick)),
    ),
    ...x.ticks
      .filter(isLabelled(x))
      .map((tick) => text(atX(tick), bottom + 18, shortNumber(tick), 'text-anchor="middle"')),
    ...y.ticks
      .filter(isLabelled(y))
      .map((tick) => text(frame.left - 8, atY(tick) + 4, shortNumber(tick), 'text-anchor="end"')),
    text(frame.left + inner.width / 2, bottom + 38, plot.xLabel, 'text-anchor="middle"'),
    text(
      0,
      0,
      plot.yLabel,
      `text-anchor="middle" transform="translate(18 ${frame.top + inner.height / 2}) rotate(-90)"`,
    ),
    ...plot.series.flatMap(({ points: own }, index) =>
      line(
        own.filter(isDrawn).map(([px, py]) => [atX(px), atY(py)]),
        colourOf(index),
      ),
    ),
    ...plot.series.flatMap(({ label }, index) => legendEntry(label, index, bottom + 62)),
    text(frame.left, height - 8, plot.note, 'font-size="10" fill="#666666"'),
    "</svg>",
    "",
  ].join("\n");
};

const isDrawn = ([x, y]: readonly [number, number]): boolean =>
  x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y);

const colourOf = (index: number): string => colours[index % colours.length] ?? "#000000";

/** From a power of ten or its double or fivefold to another, with everything between. */
const axisOf = (values: readonly number[]): Axis => {
  const low = values.length === 0 ? 1 : Math.min(...values);
  const high = values.length === 0 ? 10 : Math.max(...values);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of [1, 2, 5]) ticks.push(Number((digit * 10 ** power).toPrecision(3)));
  }
  const from = ticks.findLast((tick) => tick <= low) ?? low;
  const to = ticks.find((tick) => tick >= high && tick > from) ?? high;
  return { from, to, ticks: ticks.filter((tick) => tick >= from && tick <= to) };
};

const shareOf = ({ from, to }: Axis, value: number): number =>
  (Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from));

const isDecade = (tick: number): boolean => {
  const power = Math.log10(tick);
  return Math.abs(power - Math.round(power)) < 1e-9;
};

/** All ticks have a number if they are few, otherwise the powers of ten. */
const isLabelled =
  ({ ticks }: Axis) =>
  (tick: number): boolean =>
    ticks.length <= 7 || isDecade(tick);

const shortNumber = (value: number): string => {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e4) return `${value / 1e3} k`;
  return value >= 1000 ? `${Math.floor(value / 1000)},000` : String(value);
};

const place = (value: number): string => value.toFixed(1);

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${place(x)}" y="${place(y)}" ${attributes}>${escape(content)}</text>`;

const gridLine = (x1: number, y1: number, x2: number, y2: number, isStrong: boolean): string =>
  `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"` +
  ` stroke="${isStrong ? "#bbbbbb" : "#e6e6e6"}"/>`;

const line = (
  points: readonly (readonly [number, number])[],
  colour: string,
): readonly string[] => [
  `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points
    .map(([x, y]) => `${place(x)},${place(y)}`)
    .join(" ")}"/>`,
  ...points.map(([x, y]) => `<circle cx="${place(x)}" cy="${place(y)}" r="3.5" fill="${colour}"/>`),
];

const legendEntry = (label: string, index: number, top: number): readonly string[] => {
  const x = frame.left + ((index % legendColumns) * inner.width) / legendColumns;
  const y = top + Math.floor(index / legendColumns) * 19;
  return [
    `<line x1="${place(x)}" y1="${place(y - 4)}" x2="${place(x + 22)}" y2="${place(y - 4)}" stroke="${colourOf(index)}" stroke-width="2"/>`,
    `<circle cx="${place(x + 11)}" cy="${place(y - 4)}" r="3.5" fill="${colourOf(index)}"/>`,
    text(x + 30, y, label, ""),
  ];
};

const escape = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
