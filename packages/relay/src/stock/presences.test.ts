import { describe, expect, test } from "vitest";
import { encodePresence, goneEntry, type PresenceEntry } from "./presence-entries.ts";
import { createPresences, type Presences } from "./presences.ts";

interface Owner {
  readonly name: string;
}

const ann: Owner = { name: "ann" };
const ben: Owner = { name: "ben" };
const limits = { presenceBytesMax: 100, presenceCountMax: 3 };

const entry = (client: number, clock: number, state: unknown = {}): PresenceEntry => ({
  client,
  clock,
  json: new TextEncoder().encode(JSON.stringify(state)),
});

const clients = (presences: Presences<Owner>): readonly number[] =>
  presences.all().map(({ client }) => client);

describe("what a connection says", () => {
  test("is news when it is newer", () => {
    const presences = createPresences<Owner>(limits);

    const counts = [1, 2, 2, 1].map((clock) => presences.take([entry(7, clock)], ann).news.length);

    expect(counts).toEqual([1, 1, 0, 0]);
  });

  test("that repeats somebody else's state does not make it its own", () => {
    const presences = createPresences<Owner>(limits);
    presences.take([entry(7, 1)], ann);
    presences.take([entry(7, 1)], ben);

    expect(presences.leave(ben)).toEqual([]);
    expect(presences.leave(ann)).toEqual([goneEntry(7, 1)]);
  });

  test("under a higher clock moves a client that has reconnected", () => {
    const presences = createPresences<Owner>(limits);
    presences.take([entry(7, 1)], ann);
    presences.take([entry(7, 2)], ben);

    expect(presences.leave(ann)).toEqual([]);
    expect(clients(presences)).toEqual([7]);
  });

  test("of a client that has left is corrected, and brings no ghost back", () => {
    const presences = createPresences<Owner>(limits);
    presences.take([entry(7, 5)], ann);
    presences.leave(ann);

    const { news, corrections } = presences.take([entry(7, 4)], ben);

    expect(news).toEqual([]);
    expect(corrections).toEqual([goneEntry(7, 5)]);
    expect(clients(presences)).toEqual([]);
  });

  test("of an end is taken at the same clock, and not twice", () => {
    const presences = createPresences<Owner>(limits);
    presences.take([entry(7, 5)], ann);

    const counts = [4, 5, 5].map((clock) => presences.take([goneEntry(7, clock)], ann).news.length);

    expect(counts).toEqual([0, 1, 0]);
  });

  test("is dropped beyond the limits, or if it is no JSON", () => {
    const presences = createPresences<Owner>(limits);
    const bad = { client: 1, clock: 1, json: new TextEncoder().encode("{") };

    presences.take([bad, entry(2, 1, "x".repeat(100))], ann);
    presences.take([entry(3, 1), entry(4, 1), entry(5, 1), entry(6, 1)], ann);

    expect(clients(presences)).toEqual([3, 4, 5]);
    expect(presences.droppedCount).toBe(3);
  });
});

describe("what the space says", () => {
  const say = (presences: Presences<Owner>, clock: number): PresenceEntry | null =>
    presences.takeFromSpace(7, encodePresence(entry(7, clock)));

  test("is taken when it is newer", () => {
    const presences = createPresences<Owner>(limits);

    expect([say(presences, 1), say(presences, 1), say(presences, 2)].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("of an end leaves a client that is here in peace", () => {
    const presences = createPresences<Owner>(limits);
    say(presences, 1);
    presences.take([entry(7, 2)], ann);

    expect(presences.takeFromSpace(7, new Uint8Array())).toBe(null);
    expect(clients(presences)).toEqual([7]);
  });

  test("of a client ends it", () => {
    const presences = createPresences<Owner>(limits);
    say(presences, 3);

    expect(presences.takeFromSpace(7, new Uint8Array())).toEqual(goneEntry(7, 3));
  });

  test("is malformed or about another client: it is dropped", () => {
    const presences = createPresences<Owner>(limits);

    presences.takeFromSpace(7, encodePresence(entry(8, 1)));
    presences.takeFromSpace(7, Uint8Array.of(9, 9, 9));

    expect(clients(presences)).toEqual([]);
    expect(presences.droppedCount).toBe(2);
  });

  test("again after it could not be heard stays, and the rest ends with the sweep", () => {
    const presences = createPresences<Owner>(limits);
    say(presences, 1);
    presences.takeFromSpace(8, encodePresence(entry(8, 1)));
    presences.take([entry(9, 1)], ann);

    presences.suspectSpace();
    say(presences, 1);

    expect(presences.sweep()).toEqual([goneEntry(8, 1)]);
    expect(clients(presences)).toEqual([7, 9]);
  });
});
