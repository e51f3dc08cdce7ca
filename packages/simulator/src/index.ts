export { type Clock } from "./clock.ts";
export { type Codec, type Connection } from "./connections.ts";
export { type Delays } from "./delays.ts";
export { type Dialler, type DialNames } from "./dialling.ts";
export { type Disk, DiskFailure, type DiskState } from "./disk.ts";
export { type Draws, keyedDraws } from "./draws.ts";
export { describeFault, type Fault, type FaultKind, type PartitionShape } from "./faults.ts";
export { type Keeping, keepRecords } from "./keeping.ts";
export { type Line, type Network, type NetworkTally, type Weather } from "./network.ts";
export {
  type AnyNode,
  type Attached,
  type Life,
  type LinkRequests,
  type Node,
  type NodeSetup,
  type Speaking,
} from "./node-setup.ts";
export { partitionLines } from "./partitions.ts";
export { type Schedule } from "./schedule.ts";
export { type Shrunk, shrink } from "./shrink.ts";
export { drawFaults, type FaultTargets } from "./swarm.ts";
export { World, type WorldEvent, type WorldSetup, type WorldTally } from "./world.ts";
