/** Everything that can go wrong, as a list with times: a run is a seed and such a list, so that the list can be shortened until only what matters is left. */

/** What goes wrong, when, and for how long. Times are the world's, in milliseconds; nodes go by their names. */
export type Fault = { readonly atMs: number } & FaultKind;

/** The kinds of faults. */
export type FaultKind =
  /** The power fails just before the effect after `afterEffects` more; it is back `forMs` later. */
  | {
      readonly kind: "crash";
      readonly node: string;
      readonly afterEffects: number;
      readonly forMs: number;
    }
  /** The process stands still, as under `SIGSTOP` or a suspended machine; messages queue up. */
  | { readonly kind: "pause"; readonly node: string; readonly forMs: number }
  /** The directory is lost; the node starts with an empty one, under a new identity. */
  | { readonly kind: "wipe"; readonly node: string; readonly forMs: number }
  | { readonly kind: "back-up"; readonly node: string }
  /** The newest backup is put back, by copying files: stores notice that. */
  | { readonly kind: "restore"; readonly node: string; readonly forMs: number }
  /**
   * The newest backup is put back below the file system, where nobody notices. All other trouble ends first, and for some seconds no other begins, but
   * that with `isSlowlyRead` all disks are slow: others can say at once that they know more, and show it only later.
   */
  | {
      readonly kind: "roll-back";
      readonly node: string;
      readonly forMs: number;
      readonly isSlowlyRead: boolean;
    }
  /** Nothing passes on these lines, in this direction. `shape` says how they were chosen. */
  | {
      readonly kind: "partition";
      readonly shape: PartitionShape;
      readonly lines: readonly (readonly [from: string, to: string])[];
      readonly forMs: number;
    }
  /** What is sent on this line waits, and arrives at the end. */
  | { readonly kind: "clog"; readonly from: string; readonly to: string; readonly forMs: number }
  /** Everything on this line takes so much longer. */
  | {
      readonly kind: "slow-line";
      readonly from: string;
      readonly to: string;
      readonly addedMs: number;
      readonly forMs: number;
    }
  /** The node reads so slowly from this peer that its messages pile up there. */
  | {
      readonly kind: "slow-reader";
      readonly node: string;
      readonly from: string;
      readonly perMessageMs: number;
      readonly forMs: number;
    }
  /** All connections between the two end; what is under way is lost. */
  | { readonly kind: "break"; readonly one: string; readonly other: string }
  /** Datagrams are lost, doubled and held up at these rates. */
  | {
      readonly kind: "weather";
      readonly lossRate: number;
      readonly duplicationRate: number;
      readonly reorderingRate: number;
      readonly forMs: number;
    }
  | {
      readonly kind: "slow-disk";
      readonly node: string;
      readonly times: number;
      readonly forMs: number;
    }
  /** Writes fail until there is space again; the node starts anew whenever it has stopped. */
  | { readonly kind: "full-disk"; readonly node: string; readonly forMs: number }
  /** The next flush fails, and with it the process. */
  | { readonly kind: "failed-flush"; readonly node: string }
  /** A bit on the disk turns, on one disk at a time. Once a read finds it the directory is given up. */
  | { readonly kind: "bit-rot"; readonly node: string; readonly place: number }
  /** The time of day is set; as after a suspension the monotonic clock jumps, too, if `isSuspension`. */
  | {
      readonly kind: "clock-jump";
      readonly node: string;
      readonly byMs: number;
      readonly isSuspension: boolean;
    }
  | {
      readonly kind: "clock-drift";
      readonly node: string;
      readonly rate: number;
      readonly forMs: number;
    };

/** How a partition cuts: see `partitionLines`. */
export type PartitionShape = "halves" | "majority-ring" | "bridge" | "isolated";

/** A fault in a line of words. */
export const describeFault = (fault: Fault): string => {
  const forTime = "forMs" in fault ? ` for ${fault.forMs} ms` : "";
  return `${wordsOf(fault)}${forTime}`;
};

const wordsOf = (fault: Fault): string => {
  switch (fault.kind) {
    case "crash":
      return `${fault.node} loses power after ${fault.afterEffects} more effects`;
    case "pause":
      return `${fault.node} is paused`;
    case "wipe":
      return `${fault.node} loses its disk`;
    case "back-up":
      return `${fault.node} is backed up`;
    case "restore":
      return `${fault.node} gets its backup back`;
    case "roll-back":
      return `${fault.node} is rolled back`;
    case "partition": {
      const lines = fault.lines.map(([from, to]) => `${from}>${to}`).join(" ");
      return `partition (${fault.shape}) of ${lines}`;
    }
    case "clog":
      return `${fault.from}>${fault.to} is clogged`;
    case "slow-line":
      return `${fault.from}>${fault.to} takes ${fault.addedMs} ms more`;
    case "slow-reader":
      return `${fault.node} reads a message from ${fault.from} every ${fault.perMessageMs} ms`;
    case "break":
      return `the connection of ${fault.one} and ${fault.other} breaks`;
    case "weather": {
      const { lossRate, duplicationRate, reorderingRate } = fault;
      return `datagrams lost ${lossRate}, doubled ${duplicationRate}, held up ${reorderingRate}`;
    }
    case "slow-disk":
      return `the disk of ${fault.node} is ${fault.times} times slower`;
    case "full-disk":
      return `the disk of ${fault.node} is full`;
    case "failed-flush":
      return `a flush of ${fault.node} fails`;
    case "bit-rot":
      return `a bit turns on the disk of ${fault.node}`;
    case "clock-jump":
      return `the clock of ${fault.node} jumps by ${fault.byMs} ms${fault.isSuspension ? " in a suspension" : ""}`;
    case "clock-drift":
      return `the clock of ${fault.node} runs at ${fault.rate}`;
  }
};
