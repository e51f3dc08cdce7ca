/** Which file a file is, whatever it is called: how a store notices that it was put back from a copy. */
import { stat } from "node:fs/promises";

/**
 * A text that another file never has, not even one with the same name or content, and that stays the same when the file is renamed.
 *
 * The inode alone would not do: a file that is made where one was just removed often gets the same. So the time of birth, to the nanosecond, is in it,
 * and the device, for a clone of a whole file system keeps both.
 */
export const identityOf = async (file: string): Promise<string> => {
  const { dev, ino, birthtimeNs } = await stat(file, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
};
