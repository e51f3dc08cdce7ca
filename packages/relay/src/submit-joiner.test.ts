import type { Batch } from "@syncline/gossip";
import { expect, test } from "vitest";
import { createSubmitJoiner } from "./submit-joiner.ts";

const batch = (document: string): Batch => ({ document, type: "yjs", payload: new Uint8Array(2) });
const submit = (firstNumber: number, ...documents: readonly string[]) =>
  ({ kind: "submit", firstNumber, batches: documents.map(batch) }) as const;

const joined = () => {
  const passed: string[] = [];
  const joiner = createSubmitJoiner(({ firstNumber, batches }) => {
    passed.push(`${firstNumber}: ${batches.map(({ document }) => document).join(" ")}`);
  });
  return { joiner, passed };
};

test("what is submitted in one turn is passed on as one, when the turn ends", async () => {
  const { joiner, passed } = joined();

  joiner.add(submit(5, "a"));
  joiner.add(submit(6, "b", "c"));
  expect(passed).toEqual([]);
  await Promise.resolve();

  expect(passed).toEqual(["5: a b c"]);
});

test("what does not go on where the one before ended stands alone, in order", async () => {
  const { joiner, passed } = joined();

  joiner.add(submit(5, "a"));
  joiner.add(submit(7, "b"));
  joiner.add(submit(7, "b"));
  await Promise.resolve();

  expect(passed).toEqual(["5: a", "7: b", "7: b"]);
});

test("what else is said comes after it", async () => {
  const { joiner, passed } = joined();

  joiner.add(submit(1, "a"));
  joiner.flush();
  joiner.flush();
  joiner.add(submit(2, "b"));
  await Promise.resolve();

  expect(passed).toEqual(["1: a", "2: b"]);
});

test("a thousand batches are not waited behind", () => {
  const { joiner, passed } = joined();

  for (let number = 1; number <= 1000; number += 1) joiner.add(submit(number, "a"));

  expect(passed).toHaveLength(1);
});
