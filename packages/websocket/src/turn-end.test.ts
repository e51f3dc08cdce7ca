import { expect, test } from "vitest";
import { atTurnEnd } from "./turn-end.ts";

test("work is done after the code that asks for it, in order, with what it asks for itself behind it", async () => {
  const done: string[] = [];

  atTurnEnd(() => {
    done.push("first");
    atTurnEnd(() => done.push("third"));
  });
  atTurnEnd(() => done.push("second"));
  done.push("now");
  await Promise.resolve();
  await Promise.resolve();

  expect(done).toEqual(["now", "first", "second", "third"]);
});
