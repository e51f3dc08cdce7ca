/** Every figure that can be measured, with its unit. */

/** How a figure is shown. */
export type FigureUnit = "count" | "perSecond" | "ms" | "us" | "bytes" | "megabytes" | "share";

interface FigureSpec {
  /** At the head of its column. */
  readonly title: string;
  readonly unit: FigureUnit;
  readonly meaning: string;
}

/** All figures by name; the names are those of the JSON. */
export const figureSpecs = {
  deliveriesPerSecond: {
    title: "deliv./s",
    unit: "perSecond",
    meaning: "updates times readers, by the time from the first send to the last arrival",
  },
  latencyP50Ms: { title: "p50 ms", unit: "ms", meaning: "from send to arrival, half of all" },
  latencyP99Ms: { title: "p99 ms", unit: "ms", meaning: "from send to arrival, all but 1 %" },
  acknowledgedP50Ms: { title: "ack p50", unit: "ms", meaning: "until the author knows it safe" },
  acknowledgedP99Ms: { title: "ack p99", unit: "ms", meaning: "until the author knows it safe" },
  cpuUsPerDelivery: {
    title: "CPU µs/d.",
    unit: "us",
    meaning: "user and system time of the server's processes for each delivery",
  },
  bytesPerDelivery: {
    title: "bytes/d.",
    unit: "count",
    meaning: "all that clients read and wrote for each delivery",
  },
  framesPerDelivery: {
    title: "frames/d.",
    unit: "share",
    meaning: "messages that readers got for each delivery",
  },
  memoryMegabytes: {
    title: "memory MB",
    unit: "megabytes",
    meaning: "resident memory of the server over what it had when it had just started",
  },
} as const satisfies Record<string, FigureSpec>;

/** The name of a figure. */
export type FigureName = keyof typeof figureSpecs;

/** The figures of a run, as far as the scenario has them. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;
