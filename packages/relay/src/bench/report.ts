/** What `syncline bench` says of what it measured. */
import type { BenchFigures } from "./bench.ts";
import type { LoadFigures } from "./room-load.ts";

const columns = [
  { title: "rooms", of: ({ rooms }: LoadFigures) => whole(rooms) },
  { title: "clients", of: (load: LoadFigures) => whole(clientsOf(load)) },
  { title: "updates/s", of: (load: LoadFigures) => whole(load.updatesPerSecond) },
  { title: "deliveries/s", of: (load: LoadFigures) => whole(load.deliveriesPerSecond) },
  { title: "ack p50 ms", of: (load: LoadFigures) => load.acknowledgeP50Ms.toFixed(1) },
  { title: "ack p99 ms", of: (load: LoadFigures) => load.acknowledgeP99Ms.toFixed(1) },
  { title: "relay CPU %", of: (load: LoadFigures) => whole(load.relayCpuPercent) },
  { title: "flushes/s", of: (load: LoadFigures) => whole(load.flushesPerSecond) },
  { title: "memory MB", of: (load: LoadFigures) => whole(load.memoryMegabytes) },
] as const;

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

const clientsOf = ({ rooms, writersEach, readersEach }: LoadFigures): number =>
  rooms * (writersEach + readersEach);

/** One load in a line, while it runs. */
export const lineOf = (load: LoadFigures): string =>
  `${whole(load.rooms)} rooms, ${whole(clientsOf(load))} clients: ${whole(load.deliveriesPerSecond)} deliveries/s, on disk after ${load.acknowledgeP50Ms.toFixed(1)} ms (p99 ${load.acknowledgeP99Ms.toFixed(1)}), relay CPU ${whole(load.relayCpuPercent)} %${load.isKeptUp ? "" : ": it does not keep up"}`;

/** Everything, as text. */
export const describeBench = (figures: BenchFigures): string => {
  const { machine, disk, idle, loads } = figures;
  return [
    `${machine.processor}, ${machine.cores} cores, ${whole(machine.memoryMegabytes)} MB, Node ${machine.node}`,
    "",
    `disk    ${whole(disk.flushesPerSecond)} flushes/s one after the other (p50 ${disk.flushP50Ms.toFixed(2)} ms, p99 ${disk.flushP99Ms.toFixed(2)} ms)`,
    `memory  ${idle.kilobytesPerConnectedRoom.toFixed(1)} kB for a room with one idle client, ${idle.kilobytesPerLeftRoom.toFixed(2)} kB for a room that all have left (of ${whole(idle.rooms)})`,
    "",
    ...tableOf(loads),
    "",
    ...conclusionOf(figures),
    "",
  ].join("\n");
};

const tableOf = (loads: readonly LoadFigures[]): readonly string[] => {
  const rows = [
    columns.map(({ title }) => title),
    ...loads.map((load) => columns.map(({ of }) => of(load))),
  ];
  const widths = columns.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "),
  );
};

const shortages = {
  load: "the load itself, which is this process: a relay that nothing else runs beside holds more",
  relay: "the relay's processor time",
  disk: "neither processor: the disk, or a machine that others use, too",
} as const;

const conclusionOf = ({ holds, loads }: BenchFigures): readonly string[] => {
  const last = loads.at(-1);
  const shape =
    last === undefined
      ? ""
      : `${last.writersEach} writers and ${last.readersEach} readers each, ${last.rate} updates/s a writer`;
  return [
    holds === null
      ? `This relay keeps up with none of these loads (${shape}).`
      : `This relay holds ${whole(holds.rooms)} rooms (${shape}): ${whole(holds.deliveriesPerSecond)} deliveries/s, ${((holds.relayCpuPercent * 10_000) / Math.max(1, holds.deliveriesPerSecond)).toFixed(0)} µs of processor time each, on disk after ${holds.acknowledgeP50Ms.toFixed(1)} ms (p99 ${holds.acknowledgeP99Ms.toFixed(1)} ms).`,
    ...(last?.shortOf === null || last === undefined
      ? ["It was not pushed to its limit."]
      : [`With ${whole(last.rooms)} rooms short was ${shortages[last.shortOf]}.`]),
  ];
};
