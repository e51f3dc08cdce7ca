export { createDisks, type Disk, type Disks, type HomeId, settledOn } from "./copies.ts";
export { isAtLeast, type Level, levels, type Quorums, quorumsOf } from "./levels.ts";
export { homesOf } from "./ring.ts";
