/** Replica ids in a real page's storage, with its real locks. */
import { afterEach, expect, test } from "vitest";
import { pageReplicas } from "./page-replicas.ts";

const [one, two, three] = ["00000000000000aa", "00000000000000bb", "00000000000000cc"];

afterEach(() => {
  localStorage.clear();
});

test("an id that is let go of is taken up with what was written, and one that is held is not", async () => {
  const store = pageReplicas()!;
  const first = (await store.take(one))!;
  first.write("space\nlikes", "3:7");

  const second = (await store.take(two))!;
  expect(second.id).toBe(two);

  first.release();
  const third = (await store.take(three))!;
  expect(third.id).toBe(one);
  expect(third.read("space\nlikes")).toBe("3:7");

  third.forget();
  second.release();
  expect((await store.take(three))!.id).toBe(two);
  expect(Object.keys(localStorage)).toEqual([`syncline/replica/${two}`]);
});

test("a page that dies lets go of its id", async () => {
  // Locks outlive the storage that the test before has left.
  const [one, two, three] = ["00000000000000dd", "00000000000000ee", "00000000000000ef"];
  const frame = document.createElement("iframe");
  document.body.append(frame);
  const locks = frame.contentWindow!.navigator.locks;
  const store = pageReplicas()!;
  const first = (await store.take(one))!;
  first.release();
  await new Promise<void>((resolve) => {
    void locks
      .request(`syncline/replica/${one}`, () => {
        resolve();
        return new Promise(() => {});
      })
      .catch(() => {});
  });
  expect((await store.take(two))!.id).toBe(two);

  frame.remove();
  expect((await store.take(three))!.id).toBe(one);
});
