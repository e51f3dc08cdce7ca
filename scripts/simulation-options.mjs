// The options of the commands that run the simulation: help, or what is wrong with them, as a text instead of a stack trace.
import { parseArgs } from "node:util";

/** The options by name, those in `counts` as numbers. Ends the process with `help` if it is asked for, and with the reason if one is wrong. */
export const readOptions = ({ help, options, counts }) => {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if (values.help) end(process.stdout, help, 0);
    return {
      ...values,
      ...Object.fromEntries(counts.map((name) => [name, countOf(values, name)])),
    };
  } catch (error) {
    return refuse(`${error.message}\n\n${help}`);
  }
};

/** Ends the process, since what was asked for cannot be done. */
export const refuse = (reason) => end(process.stderr, reason, 1);

const countOf = (values, name) => {
  const count = Number(values[name]);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new Error(`--${name} is no whole number from 1: ${values[name]}`);
};

const end = (stream, text, code) => {
  stream.write(`${text}\n`);
  process.exit(code);
};
