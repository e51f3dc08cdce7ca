/** The relay's log: a line of JSON for each event on standard error. */
import { type Logger, pino } from "pino";

/**
 * A log at this level.
 *
 * Lines go out by Node's own stream, and one that cannot be written is dropped: pino's default keeps trying when nobody reads any more, and a relay
 * whose parent died could never end.
 */
export const createLog = (level: string, relay: string): Logger => {
  if (!process.stderr.listeners("error").includes(ignore)) process.stderr.on("error", ignore);
  return pino({ level, base: { relay } }, { write: (line) => void process.stderr.write(line) });
};

const ignore = (): void => {};
