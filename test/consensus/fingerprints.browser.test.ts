/** Chromium runs the machines of consensus under the same seeds as Node did, and every promise holds there, too. */
import { expect, test } from "vitest";
import { stories } from "./fingerprints.ts";
import fingerprints from "./fingerprints.json" with { type: "json" };

test.each(stories)("%s is the run that it is in Node", { timeout: 60_000 }, (name, tell) => {
  expect(tell()).toBe((fingerprints as Readonly<Record<string, number>>)[name]);
});
