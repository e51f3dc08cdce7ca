/** Every figure that can be measured, with its unit. */

/** How a figure is shown. */
export type FigureUnit =
  | "count"
  | "perSecond"
  | "ms"
  | "us"
  | "bytes"
  | "kilobytes"
  | "megabytes"
  | "share";

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
    unit: "bytes",
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
    meaning: "anonymous memory of the server over what it had when it had just started",
  },
  residentMegabytes: {
    title: "resident MB",
    unit: "megabytes",
    meaning: "the same with pages of mapped files",
  },
  heldMegabytes: {
    title: "held MB",
    unit: "megabytes",
    meaning: "anonymous memory after its garbage has been collected",
  },
  heldKilobytesPerRoom: { title: "kB/room", unit: "kilobytes", meaning: "of that, each room" },
  leftMegabytes: {
    title: "left MB",
    unit: "megabytes",
    meaning: "held when all clients have left",
  },
  cpuUsPerUpdate: {
    title: "CPU µs/upd.",
    unit: "us",
    meaning: "processor time of the server for each update that it took",
  },
  joinP50Ms: { title: "p50 ms", unit: "ms", meaning: "from connecting to the whole document" },
  joinP99Ms: { title: "p99 ms", unit: "ms", meaning: "from connecting to the whole document" },
  joinsPerSecond: { title: "joins/s", unit: "perSecond", meaning: "by the time until the last" },
  cpuMsPerJoin: { title: "CPU ms/join", unit: "ms", meaning: "processor time of the server" },
  peakMegabytes: {
    title: "peak MB",
    unit: "megabytes",
    meaning: "the most that was resident meanwhile, mapped files included, over the base",
  },
  peakOverBeforeMegabytes: {
    title: "of it joins",
    unit: "megabytes",
    meaning: "the peak over what was resident just before",
  },
  bytesPerJoin: { title: "bytes/join", unit: "bytes", meaning: "read by each client" },
  documentBytes: { title: "document", unit: "bytes", meaning: "bytes of the document in Yjs" },
  serverCpuShare: { title: "cores", unit: "share", meaning: "processor time by time" },
  unchangedBytes: { title: "bytes", unit: "bytes", meaning: "both ways, nothing changed" },
  unchangedMessages: { title: "frames", unit: "count", meaning: "both ways, nothing changed" },
  unchangedMs: { title: "ms", unit: "ms", meaning: "until the client knows, nothing changed" },
  unchangedCpuMs: { title: "CPU ms", unit: "ms", meaning: "of the server, nothing changed" },
  changedBytes: { title: "changed bytes", unit: "bytes", meaning: "both ways, some changed" },
  changedMessages: { title: "frames", unit: "count", meaning: "both ways, some changed" },
  changedMs: { title: "ms", unit: "ms", meaning: "until the client has it, some changed" },
  roundTrips: {
    title: "trips",
    unit: "count",
    meaning: "waits of one socket for an answer, the switch of protocols included",
  },
  catchUpMs: { title: "catch-up ms", unit: "ms", meaning: "a newcomer has the whole history" },
  catchUpBytes: { title: "catch-up B", unit: "bytes", meaning: "read by that newcomer" },
  emptyReadyMs: { title: "empty: ms", unit: "ms", meaning: "from start to ready, nothing on disk" },
  readyMs: { title: "ready ms", unit: "ms", meaning: "from start to ready, all rooms on disk" },
  firstJoinMs: { title: "1st join", unit: "ms", meaning: "the first client has its room" },
  diskMegabytes: { title: "disk MB", unit: "megabytes", meaning: "blocks of its files" },
  diskBytesPerRoom: { title: "disk B/room", unit: "bytes", meaning: "of that, each room" },
  fillCpuUsPerRoom: { title: "CPU µs/room", unit: "us", meaning: "to take it in" },
} as const satisfies Record<string, FigureSpec>;

/** The name of a figure. */
export type FigureName = keyof typeof figureSpecs;

/** The figures of a run, as far as the scenario has them. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;
