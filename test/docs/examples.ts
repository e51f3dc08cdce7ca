/** Finds the examples of a README, and turns what they claim into assertions. */

/**
 * The `ts` blocks of a text, in order.
 *
 * A block with another info string (`ts fragment`) is shown and not run.
 */
export const examplesIn = (text: string): readonly string[] =>
  [...text.matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, block = ""]) => block);

/** Whether a title and at most one paragraph stand before the first example. */
export const beginsWithExample = (text: string): boolean =>
  /^# [^\n]+\n(?:\n(?!#|```)[^\n]+(?:\n[^\n]+)*\n)?\n```ts\n/u.test(text);

const claim = /^(\s*)(.+); \/\/ => (.+)$/u;

/**
 * The example as a module in which `expression; // => value` fails unless they are equal.
 *
 * Throws if a line has an arrow and is no such claim: it would look checked and not be.
 */
export const withAssertions = (block: string): string =>
  [
    'import { expect as expectation } from "vitest";',
    ...block.split("\n").map((line) => {
      const [isClaim, indent, expression, value] = claim.exec(line) ?? [];
      if (isClaim !== undefined) return `${indent}expectation(${expression}).toEqual(${value});`;
      if (line.includes("// =>")) throw new Error(`not "expression; // => value": ${line}`);
      return line;
    }),
  ].join("\n");
