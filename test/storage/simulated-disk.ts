/**
 * A disk in memory that keeps only what was flushed, for a log that believes it speaks to Node's file system.
 *
 * What a power cut leaves of a write that was not flushed is any of its sectors; of names that were not flushed, the first few changes. A flush that fails leaves its
 * bytes readable and off the disk, as Linux does. Operations that are under way end in an order that the seed draws.
 */
import { assert, type Random } from "@syncline/machine";

/** What disks write as wholes. */
const SECTOR_BYTES = 512;

/** A file, whatever it is called. */
export interface SimulatedFile {
  readonly number: number;
  /** What a reader sees. */
  content: Buffer;
  /** What a power cut leaves for sure. */
  durable: Buffer;
  /** Writes since the last flush. */
  unflushed: Piece[];
}

/** Some bytes at a place of a file. */
export interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/** A change of a name: to this file, or to none. */
interface Renaming {
  readonly name: string;
  readonly file: SimulatedFile | null;
}

/** What goes wrong, by the number of the operation. */
export interface Trouble {
  /** Power fails when so many operations have begun. */
  readonly cutAt: number;
  /** This one fails, and the next would succeed; null for none. */
  readonly failAt: number | null;
  /** This one, if it is a write, takes only a part of its bytes; null for none. */
  readonly shortAt: number | null;
}

/** A disk until its power fails. */
export interface SimulatedDisk {
  readonly names: Map<string, SimulatedFile>;
  readonly durableNames: Map<string, SimulatedFile>;
  readonly unflushedNames: Renaming[][];
  readonly random: Random;
  readonly trouble: Trouble;
  readonly ending: (() => void)[];
  fileCount: number;
  operationCount: number;
  hasPower: boolean;
  /** Whose write or flush has failed, if one has. */
  failedFile: SimulatedFile | null;
}

/** No trouble at all. */
export const noTrouble: Trouble = {
  cutAt: Number.POSITIVE_INFINITY,
  failAt: null,
  shortAt: null,
};

/** A disk with these files, all of them flushed. */
export const createDisk = (
  random: Random,
  trouble: Trouble,
  files: ReadonlyMap<string, SimulatedFile> = new Map(),
): SimulatedDisk => ({
  names: new Map(files),
  durableNames: new Map(files),
  unflushedNames: [],
  random,
  trouble,
  ending: [],
  fileCount: Math.max(0, ...[...files.values()].map((file) => file.number)),
  operationCount: 0,
  hasPower: true,
  failedFile: null,
});

/** What a power cut leaves, as the files of the next disk. */
export const filesAfterCut = (disk: SimulatedDisk): ReadonlyMap<string, SimulatedFile> => {
  const { random } = disk;
  const names = new Map(disk.durableNames);
  const keptCount = random.integer(0, disk.unflushedNames.length + 1);
  for (const renamings of disk.unflushedNames.slice(0, keptCount)) rename(names, renamings);
  const share = random.pick([0, 0.5, 0.9, 1]);
  const leftBy = new Map<SimulatedFile, SimulatedFile>();
  const left = (file: SimulatedFile): SimulatedFile => {
    const found =
      leftBy.get(file) ?? flushedFile(file.number, contentAfterCut(file, random, share));
    leftBy.set(file, found);
    return found;
  };
  return new Map([...names].map(([name, file]) => [name, left(file)]));
};

const flushedFile = (number: number, content: Buffer): SimulatedFile => ({
  number,
  content,
  durable: Buffer.from(content),
  unflushed: [],
});

const contentAfterCut = (file: SimulatedFile, random: Random, share: number): Buffer => {
  let content: Buffer = Buffer.from(file.durable);
  for (const { at, bytes } of file.unflushed) {
    for (let from = 0; from < bytes.length;) {
      const end = Math.min(bytes.length, from + SECTOR_BYTES - ((at + from) % SECTOR_BYTES));
      if (random.chance(share)) content = put(content, at + from, bytes.subarray(from, end));
      from = end;
    }
  }
  return content;
};

/** The content with these bytes at a place, longer if need be. */
const put = (content: Buffer, at: number, bytes: Uint8Array): Buffer => {
  const end = at + bytes.length;
  const longer =
    end <= content.length ? content : Buffer.concat([content, Buffer.alloc(end - content.length)]);
  longer.set(bytes, at);
  return longer;
};

/** Ends one operation after the other, each at the seed's choice, until `isOver` or there is no power. Whoever waits for one is told in between. */
export const run = async (disk: SimulatedDisk, isOver: () => boolean): Promise<void> => {
  for (let idleCount = 0; disk.hasPower && !isOver();) {
    await new Promise((resolve) => setImmediate(resolve));
    const [end] = disk.ending.splice(disk.random.integer(0, disk.ending.length || 1), 1);
    end?.();
    idleCount = end === undefined ? idleCount + 1 : 0;
    assert(idleCount < 1000, "nothing happens any more");
  }
};

/** An operation: begins now and ends later, unless power fails before. `finish` gets whether it is to fail, if it is one that can. */
export const operate = <Result>(
  disk: SimulatedDisk,
  finish: (isFailing: boolean) => Result,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    if (!disk.hasPower) return;
    disk.operationCount += 1;
    const number = disk.operationCount;
    if (number >= disk.trouble.cutAt) disk.hasPower = false;
    disk.ending.push(() => {
      try {
        resolve(finish(number === disk.trouble.failAt));
      } catch (error) {
        reject(error as Error);
      }
    });
  });

/** The error of a device. */
export const failure = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: the simulated disk says so`), { code });

/** The file of a name. Throws `ENOENT`. */
export const fileAt = (disk: SimulatedDisk, name: string): SimulatedFile => {
  const file = disk.names.get(name);
  if (file === undefined) throw failure("ENOENT");
  return file;
};

/** An empty file under a new name. */
export const createFile = (disk: SimulatedDisk, name: string): SimulatedFile => {
  disk.fileCount += 1;
  const file = flushedFile(disk.fileCount, Buffer.alloc(0));
  changeNames(disk, [{ name, file }]);
  return file;
};

/** Changes names, not durably. */
export const changeNames = (disk: SimulatedDisk, renamings: Renaming[]): void => {
  rename(disk.names, renamings);
  disk.unflushedNames.push(renamings);
};

const rename = (names: Map<string, SimulatedFile>, renamings: readonly Renaming[]): void => {
  for (const { name, file } of renamings) {
    if (file === null) names.delete(name);
    else names.set(name, file);
  }
};

/** What directories were told is durable. */
export const flushNames = (disk: SimulatedDisk): void => {
  for (const renamings of disk.unflushedNames.splice(0)) rename(disk.durableNames, renamings);
};

/** A write that nobody has flushed. */
export const writeTo = (file: SimulatedFile, at: number, bytes: Uint8Array): Piece => {
  const piece = { at, bytes: Buffer.from(bytes) };
  file.content = put(file.content, at, piece.bytes);
  file.unflushed.push(piece);
  return piece;
};

/** Makes one write durable. */
export const flushPiece = (file: SimulatedFile, piece: Piece): void => {
  file.durable = put(file.durable, piece.at, piece.bytes);
  file.unflushed = file.unflushed.filter((one) => one !== piece);
};

/** Makes everything in the file durable. */
export const flushFile = (file: SimulatedFile): void => {
  file.durable = Buffer.from(file.content);
  file.unflushed = [];
};

/** A write or flush that fails. What was written can be read, is not on the disk, and the next flush would say that all is well. */
export const failOn = (disk: SimulatedDisk, file: SimulatedFile, code: string): never => {
  disk.failedFile ??= file;
  file.unflushed = [];
  throw failure(code);
};

/** A shorter or longer file. Its length is durable at once, which no log may count on and none is hurt by. */
export const cutFile = (file: SimulatedFile, byteCount: number): void => {
  file.content = Buffer.from(file.content.subarray(0, byteCount));
};
