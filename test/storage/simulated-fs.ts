/** As much of `node:fs` as the log for consensus uses, on the simulated disk that is plugged in. */
import { assert } from "@syncline/machine";
import {
  createFile,
  failOn,
  failure,
  fileAt,
  flushFile,
  flushPiece,
  operate,
  type SimulatedDisk,
  type SimulatedFile,
  writeTo,
} from "./simulated-disk.ts";

type Done<Result> = (error: Error | null, result?: Result) => void;

interface Descriptor {
  readonly disk: SimulatedDisk;
  readonly file: SimulatedFile;
  readonly writesThrough: boolean;
}

let plugged: SimulatedDisk | null = null;
const descriptors = new Map<number, Descriptor>();
let descriptorCount = 10;

/** What the log sees from now on is this disk; what it had open of another leads nowhere. */
export const plugIn = (disk: SimulatedDisk): void => {
  plugged = disk;
};

/** The disk that is plugged in. */
export const pluggedIn = (): SimulatedDisk => {
  assert(plugged !== null, "no disk is plugged in");
  return plugged;
};

/** The flags that are used. */
export const constants = { O_RDWR: 2, O_CREAT: 64, O_DSYNC: 4096 } as const;

const openOn = (disk: SimulatedDisk, path: string, flags: string | number): number => {
  const isMade = flags === "w" || flags === "a" || (Number(flags) & constants.O_CREAT) > 0;
  const file = disk.names.get(path) ?? (isMade ? createFile(disk, path) : fileAt(disk, path));
  if (flags === "w") {
    file.content = Buffer.alloc(0);
    file.unflushed = [];
  }
  descriptorCount += 1;
  const writesThrough = (Number(flags) & constants.O_DSYNC) > 0;
  descriptors.set(descriptorCount, { disk, file, writesThrough });
  return descriptorCount;
};

const described = (descriptor: number): Descriptor => {
  const found = descriptors.get(descriptor);
  if (found === undefined) throw failure("EBADF");
  return found;
};

const answer = <Result>(asked: Promise<Result>, done: Done<Result>): void => {
  asked.then(
    (result) => setImmediate(() => done(null, result)),
    (error: unknown) => setImmediate(() => done(error as Error)),
  );
};

export const openSync = (path: string, flags: string | number): number =>
  openOn(pluggedIn(), path, flags);

export const closeSync = (descriptor: number): void => {
  descriptors.delete(descriptor);
};

export const readSync = (
  descriptor: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
): number => described(descriptor).file.content.copy(buffer, offset, position, position + length);

export const open = (
  path: string,
  flags: string | number,
  _mode: number,
  done: Done<number>,
): void => {
  const disk = pluggedIn();
  answer(
    operate(disk, () => openOn(disk, path, flags)),
    done,
  );
};

export const close = (descriptor: number, done: Done<void>): void => {
  const { disk } = described(descriptor);
  answer(
    operate(disk, () => closeSync(descriptor)),
    done,
  );
};

export const fdatasync = (descriptor: number, done: Done<void>): void => {
  const { disk, file } = described(descriptor);
  answer(
    operate(disk, (isFailing) => (isFailing ? failOn(disk, file, "EIO") : flushFile(file))),
    done,
  );
};

/** Rather few: behind the content of a block stand zeros, which nobody misses. */
const shortened = ({ random }: SimulatedDisk, length: number): number =>
  random.integer(1, random.pick([length, Math.min(length, 200)]));

export const write = (
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
  done: Done<number>,
): void => {
  const { disk, file, writesThrough } = described(descriptor);
  const isShort = disk.operationCount + 1 === disk.trouble.shortAt && length > 1;
  const byteCount = isShort ? shortened(disk, length) : length;
  const piece = writeTo(file, position, buffer.subarray(offset, offset + byteCount));
  const finish = (isFailing: boolean): number => {
    if (isFailing) failOn(disk, file, "EIO");
    if (writesThrough) flushPiece(file, piece);
    return byteCount;
  };
  answer(operate(disk, finish), done);
};
