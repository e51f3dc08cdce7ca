/** As much of `node:fs/promises` as the log for consensus uses, on the simulated disk that is plugged in. */
import {
  changeNames,
  createFile,
  cutFile,
  failOn,
  failure,
  fileAt,
  flushFile,
  flushNames,
  operate,
  type SimulatedDisk,
  type SimulatedFile,
  writeTo,
} from "./simulated-disk.ts";
import { pluggedIn } from "./simulated-fs.ts";

/** All directories are one, but for the prefix of the names in them. */
const isDirectory = (disk: SimulatedDisk, path: string): boolean => !disk.names.has(path);

const within = (path: string): string => `${path}/`;

export const mkdir = (): Promise<undefined> => Promise.resolve(undefined);

export const readdir = (path: string): Promise<readonly string[]> => {
  const disk = pluggedIn();
  return operate(disk, () =>
    [...disk.names.keys()].flatMap((name) =>
      name.startsWith(within(path)) ? [name.slice(within(path).length)] : [],
    ),
  );
};

export const readFile = (path: string, encoding?: "utf8"): Promise<Buffer | string> => {
  const disk = pluggedIn();
  return operate(disk, () => {
    const content = Buffer.from(fileAt(disk, path).content);
    return encoding === undefined ? content : content.toString(encoding);
  });
};

export const rename = (from: string, to: string): Promise<void> => {
  const disk = pluggedIn();
  return operate(disk, () =>
    changeNames(disk, [
      { name: to, file: fileAt(disk, from) },
      { name: from, file: null },
    ]),
  );
};

export const rm = (path: string): Promise<void> => {
  const disk = pluggedIn();
  return operate(disk, () => changeNames(disk, [{ name: path, file: null }]));
};

export const stat = (
  path: string,
): Promise<{ size: number; dev: number; ino: number; birthtimeNs: number }> => {
  const disk = pluggedIn();
  return operate(disk, () => {
    const { content, number } = fileAt(disk, path);
    return { size: content.length, dev: 1, ino: number, birthtimeNs: number };
  });
};

/** An open file, or a directory that is to be flushed. */
export const open = async (path: string, flags: string): Promise<unknown> => {
  const disk = pluggedIn();
  if (flags === "r" && isDirectory(disk, path) && isNamedWithin(disk, path)) {
    return { sync: () => operate(disk, () => flushNames(disk)), close: () => Promise.resolve() };
  }
  return operate(disk, () => handleOn(disk, openedFile(disk, path, flags)));
};

const isNamedWithin = (disk: SimulatedDisk, path: string): boolean =>
  [...disk.names.keys()].some((name) => name.startsWith(within(path)));

const openedFile = (disk: SimulatedDisk, path: string, flags: string): SimulatedFile => {
  const found = disk.names.get(path);
  if (flags === "wx" && found !== undefined) throw failure("EEXIST");
  const file = found ?? (flags.startsWith("w") ? createFile(disk, path) : fileAt(disk, path));
  if (flags === "w") {
    file.content = Buffer.alloc(0);
    file.unflushed = [];
  }
  return file;
};

const handleOn = (disk: SimulatedDisk, file: SimulatedFile): unknown => ({
  sync: () =>
    operate(disk, (isFailing) => (isFailing ? failOn(disk, file, "EIO") : flushFile(file))),
  close: () => Promise.resolve(),
  stat: () => operate(disk, () => ({ size: file.content.length })),
  truncate: (byteCount: number) => operate(disk, () => cutFile(file, byteCount)),
  writeFile: (text: string) =>
    operate(disk, (isFailing) => {
      if (isFailing) failOn(disk, file, "ENOSPC");
      writeTo(file, 0, Buffer.from(text));
    }),
  write: (bytes: Uint8Array, from: number, byteCount: number, position: number) =>
    operate(disk, (isFailing) => {
      if (isFailing) failOn(disk, file, "ENOSPC");
      writeTo(file, position, bytes.subarray(from, from + byteCount));
      return { bytesWritten: byteCount };
    }),
  read: (buffer: Buffer, offset = 0, byteCount = buffer.length, position = 0) =>
    operate(disk, () => ({
      buffer,
      bytesRead: file.content.copy(buffer, offset, position, position + byteCount),
    })),
});
