/** Values in a space: what the application sees, alone and with others. */
import {
  awSet,
  boundedCounter,
  dwFlag,
  hasElement,
  list,
  lwwRegister,
  mvRegister,
  orMap,
  pnCounter,
  record,
} from "@syncline/crdt";
import { expect, test } from "vitest";
import { client, cluster, until } from "../../../test/client/world.ts";
import type { Space } from "./space.ts";
import type { ValueChange } from "./value.ts";

const unreachable = "ws://127.0.0.1:1";

/** Resolves once the value is as wanted. */
const valueWhere = async <Value>(
  value: {
    readonly value: Value;
    subscribe(listener: (change: ValueChange<Value>) => void): () => void;
  },
  isWanted: (value: Value) => boolean,
): Promise<Value> => {
  if (isWanted(value.value)) return value.value;
  return new Promise((resolve) => {
    const stop = value.subscribe((change) => {
      if (!isWanted(change.value)) return;
      stop();
      resolve(change.value);
    });
  });
};

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("a change is seen at once here, and then by others", async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const likes = await author.value("likes", pnCounter);
  const shown = await reader.value("likes", pnCounter);

  likes.increment();
  likes.increment(4);
  likes.decrement();

  expect(likes.value).toBe(4);
  expect(await valueWhere(shown, (value) => value === 4)).toBe(4);
  await author.settled("all");
  expect(author.status).toMatchObject({ pending: 0, level: "all" });
});

test("values are there offline, the same each time, and are sent later", async () => {
  const { urls, relays } = await cluster();
  await relays[0]!.stop();
  const author = client(urls).space("s");
  const tags = await author.value("tags", awSet);
  tags.add("a");
  tags.add("b");
  tags.remove("a");

  expect(await author.value("tags", awSet)).toBe(tags);
  expect(tags.value).toEqual(new Set(["b"]));
  expect(author.status.level).toBe("local");

  await relays[0]!.start();
  await author.settled("all");
  const reader = client(urls).space("s");
  await reader.whenSynced();
  expect((await reader.value("tags", awSet)).value).toEqual(new Set(["b"]));
});

test("each type has its mutators and its value", async () => {
  const { urls } = await cluster();
  const [author, reader] = [client(urls).space("s"), client(urls).space("s")];
  const post = record({ title: lwwRegister, tags: awSet, likes: pnCounter });

  (await author.value("done", dwFlag)).enable();
  (await author.value("title", lwwRegister)).set("Hello", author.now());
  (await author.value("address", mvRegister)).set({ street: "Elm" });
  (await author.value("tasks", list)).push("one", "two");
  const posts = await author.value("post", post);
  posts.update("title", ["set", "A post", author.now()]);
  posts.update("likes", ["increment", 3]);
  (await author.value("by/key", orMap(awSet))).update("card", ["add", "x"]);
  await author.settled("all");
  await reader.whenSynced();

  expect([...reader.valueTypes.keys()].toSorted()).toEqual([
    "address",
    "by/key",
    "done",
    "post",
    "tasks",
    "title",
  ]);
  expect((await reader.value("done", dwFlag)).value).toBe(true);
  expect((await reader.value("title", lwwRegister)).value).toBe("Hello");
  expect((await reader.value("address", mvRegister)).value).toEqual([{ street: "Elm" }]);
  expect((await reader.value("tasks", list)).value).toEqual(["one", "two"]);
  expect((await reader.value("post", post)).value).toEqual({
    title: "A post",
    tags: new Set(),
    likes: 3,
  });
  expect((await reader.value("by/key", orMap(awSet))).value).toEqual(
    new Map([["card", new Set(["x"])]]),
  );
});

test("who listens is told of the new value, the one before, and whose doing it was", async () => {
  const { urls } = await cluster();
  const [author, other] = [client(urls).space("s"), client(urls).space("s")];
  const likes = await author.value("likes", pnCounter);
  const theirs = await other.value("likes", pnCounter);
  const changes: ValueChange<unknown>[] = [];
  const stop = likes.subscribe((change) => changes.push(change));

  likes.increment(2);
  await valueWhere(theirs, (value) => value === 2);
  theirs.increment(3);
  await valueWhere(likes, (value) => value === 5);
  stop();
  likes.increment();

  expect(changes).toEqual([
    { value: 2, before: 0, origin: "local" },
    { value: 5, before: 2, origin: "remote" },
  ]);
});

test("the value is the same object until it changes", async () => {
  const tags = await client(unreachable).space("s").value("tags", awSet);
  tags.add("a");
  const before = tags.value;

  expect(tags.value).toBe(before);
  tags.add("b");
  expect(tags.value).not.toBe(before);
  expect(hasElement(tags.state, "b")).toBe(true);
});

test("a change that makes no difference is no batch", async () => {
  const space = client(unreachable).space("s");
  (await space.value("tags", awSet)).remove("what is not there");
  (await space.value("likes", pnCounter)).increment(0);

  expect(space.status.pending).toBe(0);
});

test("a listener that changes the value is told of that, too, and the order stays", async () => {
  const space = client(unreachable).space("s");
  const likes = await space.value("likes", pnCounter);
  const seen: unknown[] = [];
  likes.subscribe(({ value }) => {
    if (value === 1) likes.increment();
  });
  likes.subscribe(({ value, before }) => seen.push([before, value]));

  likes.increment();

  expect(seen).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

const batchesAt = (
  received: readonly { readonly message: { readonly kind: string; batches?: unknown } }[],
): readonly string[] =>
  received.flatMap(({ message }) =>
    message.kind === "submit"
      ? (message.batches as { readonly document: string }[]).map(({ document }) => document)
      : [],
  );

test("changes of one value within some milliseconds are one batch", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls, { batchDelayMs: 20 }).space("s");
  const likes = await space.value("likes", pnCounter);
  for (let index = 0; index < 100; index += 1) likes.increment();
  await space.settled("all");

  expect(batchesAt(relays[0]!.received)).toEqual(["likes"]);
});

test("a transaction is one batch for each value, and one event", async () => {
  const { urls, relays } = await cluster();
  const [space, reader] = [client(urls).space("s"), client(urls).space("s")];
  const [likes, tags] = [await space.value("likes", pnCounter), await space.value("tags", awSet)];
  const shown = await reader.value("tags", awSet);
  const events: unknown[] = [];
  likes.subscribe(({ before, value }) => events.push([before, value]));

  const result = space.transact(() => {
    likes.increment();
    tags.add("a");
    space.transact(() => likes.increment());
    tags.add("b");
    expect(likes.value).toBe(2);
    return "done";
  });
  await valueWhere(shown, ({ size }) => size === 2);

  expect(result).toBe("done");
  expect(events).toEqual([[0, 2]]);
  expect(batchesAt(relays[0]!.received)).toEqual(["likes", "tags"]);
  expect((await reader.value("likes", pnCounter)).value).toBe(2);
});

test("a transaction that throws keeps what it did", async () => {
  const { urls } = await cluster();
  const space = client(urls).space("s");
  const likes = await space.value("likes", pnCounter);

  expect(() =>
    space.transact(() => {
      likes.increment();
      throw new Error("planted");
    }),
  ).toThrow("planted");
  await space.settled("all");

  expect(likes.value).toBe(1);
});

test("an edit of a document within a transaction comes after the changes before it", async () => {
  const { urls, relays } = await cluster();
  const space = client(urls).space("s");
  const [question, notes] = [await space.value("question", lwwRegister), await space.doc("notes")];

  space.transact(() => {
    question.set("why?", space.now());
    notes.getText("body").insert(0, "because");
  });
  await space.settled("all");

  expect(batchesAt(relays[0]!.received)).toEqual(["question", "notes"]);
});

test("what came together is in all documents and values before anybody is told", async () => {
  const { urls, relays } = await cluster();
  const author = client(urls).space("s");
  (await author.value("likes", pnCounter)).increment();
  (await author.doc("notes")).getText("body").insert(0, "hello");
  await author.settled("all");

  const reader = client(urls);
  await relays[0]!.stop();
  const space = reader.space("s");
  const [likes, notes] = [await space.value("likes", pnCounter), await space.doc("notes")];
  const seen: unknown[] = [];
  likes.subscribe(() => seen.push(["likes", likes.value, notes.getText("body").toJSON()]));
  notes.on("update", () => seen.push(["notes", likes.value, notes.getText("body").toJSON()]));
  await relays[0]!.start();
  await space.whenSynced();

  expect(seen).toEqual([
    ["notes", 1, "hello"],
    ["likes", 1, "hello"],
  ]);
});

const errorsOf = (space: Space): readonly { readonly code: string }[] => {
  const errors: { readonly code: string }[] = [];
  space.on("error", (error) => errors.push(error));
  return errors;
};

test("a value that is opened as something else is an error, and not a merge", async () => {
  const { urls } = await cluster();
  const space = client(urls).space("s");
  (await space.value("likes", pnCounter)).increment();
  await space.doc("notes");

  await expect(space.value("likes", awSet)).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
  await expect(space.doc("likes")).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
  await expect(space.value("notes", pnCounter)).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
  await space.settled("all");

  const other = client(urls).space("s");
  await other.whenSynced();
  await expect(other.value("likes", awSet)).rejects.toMatchObject({ code: "TYPE_MISMATCH" });
});

test("a value that was opened offline as something else is told of, and keeps its changes to itself", async () => {
  const { urls } = await cluster();
  const first = client(urls).space("s");
  (await first.value("likes", pnCounter)).increment();
  await first.settled("all");

  const space = client(urls).space("s");
  const errors = errorsOf(space);
  const likes = await space.value("likes", awSet);
  likes.add("x");
  await until(space, "error", () => errors.length > 1);
  await expect(space.settled("relay")).rejects.toMatchObject({ code: "TYPE_MISMATCH" });

  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["TYPE_MISMATCH"]));
  expect(likes.value).toEqual(new Set(["x"]));
  expect((await first.value("likes", pnCounter)).value).toBe(1);
});

test.each([
  ["nothing", Uint8Array.of()],
  ["an unknown kind", Uint8Array.of(9, 1, 2)],
  ["a cut-off head", Uint8Array.of(0, 1, 2, 3)],
  ["noise", new Uint8Array(300).fill(0xff)],
  ["a count without what it counts", Uint8Array.of(1, 255, 255, 255, 127)],
])("%s as a batch is told of, and stops nothing", async (_, payload) => {
  const { urls, relays } = await cluster();
  const [author, space] = [client(urls).space("s"), client(urls).space("s")];
  const errors = errorsOf(space);
  const likes = await space.value("likes", pnCounter);
  relays[0]!.admit("s", { document: "likes", type: pnCounter.name, payload });
  (await author.value("likes", pnCounter)).increment();

  expect(await valueWhere(likes, (value) => value === 1)).toBe(1);
  expect(errors).toMatchObject([{ code: "BAD_PAYLOAD" }]);
});

test("a change without rights is refused, and changes nothing", async () => {
  const { urls } = await cluster();
  const [author, other] = [client(urls).space("s"), client(urls).space("s")];
  const [seats, theirs] = [
    await author.value("seats", boundedCounter),
    await other.value("seats", boundedCounter),
  ];
  seats.increment(3);
  await valueWhere(theirs, (value) => value === 3);

  expect(codeOf(() => theirs.decrement())).toBe("NO_RIGHTS");
  seats.transfer(theirs.replica, 2);
  await other.settled("all");
  await author.settled("all");
  await until(other, "status", () => true);
  for (;;) {
    if (codeOf(() => theirs.decrement(2)) === "none") break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  expect(await valueWhere(seats, (value) => value === 1)).toBe(1);
});

test("a change over the limit is refused, and changes nothing", async () => {
  const space = client(unreachable, { limits: { batchBytesMax: 1000 } }).space("s");
  const tags = await space.value("tags", awSet);

  expect(codeOf(() => tags.add("x".repeat(1000)))).toBe("TOO_LARGE");
  tags.add("y");

  expect(tags.value).toEqual(new Set(["y"]));
  expect(space.status.error).toBe(null);
});

test("a transaction over the limit is several batches", async () => {
  const { urls } = await cluster();
  const [space, reader] = [
    client(urls, { limits: { batchBytesMax: 1000 } }).space("s"),
    client(urls).space("s"),
  ];
  const tags = await space.value("tags", awSet);
  const shown = await reader.value("tags", awSet);
  space.transact(() => {
    for (let index = 0; index < 100; index += 1) tags.add(`element ${index}`);
  });

  expect((await valueWhere(shown, ({ size }) => size === 100)).size).toBe(100);
});

test("what found no room in the outbox is sent when there is", async () => {
  const { urls, relays } = await cluster();
  await relays[0]!.stop();
  const [space, reader] = [
    client(urls, { limits: { outboxBytesMax: 1000 } }).space("s"),
    client(urls).space("s"),
  ];
  const errors = errorsOf(space);
  const likes = await space.value("likes", pnCounter);
  const shown = await reader.value("likes", pnCounter);
  for (let index = 0; index < 50; index += 1) {
    likes.increment();
    await space.settled("local").catch(() => {});
  }
  expect(errors[0]).toMatchObject({ code: "OUTBOX_FULL" });
  await relays[0]!.start();

  expect(await valueWhere(shown, (value) => value === 50)).toBe(50);
  await space.settled("all");
  expect(space.status.error).toBe(null);
});

test("a time that is far ahead is shown when this clock has come near it", async () => {
  const { urls } = await cluster();
  let nowMs = 1_000_000;
  const ahead = client(urls, { now: () => nowMs + 70_000 }).space("s");
  const space = client(urls, { now: () => nowMs }).space("s");
  const errors = errorsOf(space);
  const title = await space.value("title", lwwRegister);
  (await ahead.value("title", lwwRegister)).set("from the future", ahead.now());
  await until(space, "error", () => errors.length > 0);

  expect(errors).toMatchObject([{ code: "CLOCK_AHEAD" }]);
  expect(title.value).toBe(null);
  expect(space.now().timeMs).toBe(nowMs);
  nowMs += 20_000;
  expect(await valueWhere(title, (value) => value !== null)).toBe("from the future");
  expect(space.now().timeMs).toBe(nowMs + 50_000);
}, 30_000);

test("a relay's compaction leaves what clients have", async () => {
  const { urls, relays } = await cluster({
    limits: { compactAfterEntries: 20, compactEntriesMin: 2 },
  });
  const [author, other] = [client(urls).space("s"), client(urls).space("s")];
  const [tags, theirs] = [await author.value("tags", awSet), await other.value("tags", awSet)];
  for (let index = 0; index < 40; index += 1) {
    tags.add(index);
    theirs.add(-index);
    if (index % 3 === 0) tags.remove(index);
    await author.settled("all");
    await other.settled("all");
  }
  await relays[0]!.stop();
  await relays[0]!.start();
  const late = client(urls).space("s");
  await late.whenSynced();
  const fresh = await late.value("tags", awSet);
  await valueWhere(tags, ({ size }) => size === fresh.value.size);

  expect(fresh.value).toEqual(tags.value);
  expect(awSet.encode(fresh.state)).toEqual(awSet.encode(tags.state));
});

test("values go along when a home is lost with what only it had", async () => {
  const { urls, relays } = await cluster({ homeCount: 3 });
  const space = client([urls[0]!, urls[1]!]).space("s");
  const [likes, notes] = [await space.value("likes", pnCounter), await space.doc("notes")];
  likes.increment(2);
  notes.getText("body").insert(0, "hello");
  await space.settled("relay");
  await relays[0]!.stop();
  likes.increment(3);
  await space.settled("quorum");

  const reader = client(urls[2]!).space("s");
  await reader.whenSynced();
  const shown = await reader.value("likes", pnCounter);
  expect(await valueWhere(shown, (value) => value === 5)).toBe(5);
  expect((await reader.doc("notes")).getText("body").toJSON()).toBe("hello");
});

test("calls on a closed space are refused", async () => {
  const space = client(unreachable).space("s");
  const likes = await space.value("likes", pnCounter);
  space.close();

  expect(codeOf(() => likes.increment())).toBe("CLOSED");
  expect(codeOf(() => space.transact(() => {}))).toBe("CLOSED");
  await expect(space.value("likes", pnCounter)).rejects.toMatchObject({ code: "CLOSED" });
  await expect(client(unreachable).space("s").value("", pnCounter)).rejects.toMatchObject({
    code: "BAD_NAME",
  });
});
