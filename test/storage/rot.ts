/** A bit that rots: in a batch of the log's, but not in the last, of which nobody can say whether it was ever whole. */
import type { Random } from "@syncline/machine";
import type { SimulatedDisk, SimulatedFile } from "./simulated-disk.ts";

const BLOCK_BYTES = 4096;
/** "SRLG", as the batches of the log begin. */
const MAGIC = 0x474c_5253;
const HEADER_BYTES = 72;

interface Place {
  readonly file: SimulatedFile;
  readonly at: number;
  readonly byteCount: number;
  readonly sequence: number;
}

/** Turns one bit of one batch, in what is read and in what is on the disk. False if there are too few. */
export const rotOneBit = (disk: SimulatedDisk, random: Random): boolean => {
  const batches = batchesOn(disk);
  const lastSequence = Math.max(0, ...batches.map(({ sequence }) => sequence));
  const others = batches.filter(({ sequence }) => sequence < lastSequence);
  if (others.length === 0) return false;
  const { file, at, byteCount } = random.pick(others);
  const byte = at + random.integer(0, byteCount);
  const bit = 1 << random.integer(0, 8);
  for (const bytes of [file.content, file.durable]) bytes[byte] = (bytes[byte] ?? 0) ^ bit;
  return true;
};

const batchesOn = ({ names }: SimulatedDisk): readonly Place[] => {
  const batches: Place[] = [];
  for (const [name, file] of names) {
    if (!/\/log-[0-9a-f]+-[0-9a-f]+$/u.test(name)) continue;
    const { content } = file;
    for (let at = 0; at + HEADER_BYTES <= content.length; at += BLOCK_BYTES) {
      if (content.readUInt32LE(at) !== MAGIC) continue;
      const byteCount = HEADER_BYTES + content.readUInt32LE(at + 4);
      batches.push({ file, at, byteCount, sequence: content.readDoubleLE(at + 8) });
    }
  }
  return batches;
};
