/** Files and directories that are still there after a power cut: a name is durable only once the directory that holds it was flushed. */
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a directory and its parents where they are missing, and flushes the names of those it made. The path must be absolute. */
export const makeDirectory = async (directory: string): Promise<void> => {
  const highestMade = await mkdir(directory, { recursive: true });
  if (highestMade === undefined) return;
  for (let made = directory; made.length >= highestMade.length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
};

/** Flushes which names are in the directory. Windows has no such flush, and journals its names itself. */
export const syncDirectory = async (directory: string): Promise<void> => {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Replaces a small file: after a crash it has the old text or the new one, never a part.
 *
 * The text is flushed before the name is moved. The other way round a power cut can leave the name on an empty file.
 */
export const replaceFile = async (file: string, text: string): Promise<void> => {
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  await syncDirectory(dirname(file));
};
