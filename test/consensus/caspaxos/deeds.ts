/** What clients do in a story, and what is done about deleted registers: spread over the time, or as part of a scene. */
import type { Random } from "@syncline/machine";
import { drawAction, type ObjectAction, objectKeys } from "./objects.ts";

/** Something that a client does, or that is done about a deleted register. */
export type Deed = { readonly atMs: number; readonly key: string } & (
  | {
      readonly kind: "operate";
      readonly client: string;
      readonly number: number;
      readonly action: ObjectAction;
      /** The proposers that it goes to, one after the other. */
      readonly by: readonly string[];
    }
  | { readonly kind: "collect"; readonly by: string }
);

/** What somebody is to do; it becomes a deed once it has its number. */
export interface Wish {
  readonly atMs: number;
  readonly key: string;
  /** What is drawn for the key if null. */
  readonly does: "put" | "delete" | "read" | "collect" | null;
  readonly by: readonly string[];
}

const clientNames = ["k", "l", "m", "o"];

/** Deeds at any time, on few keys, so that they meet. */
export const drawDeeds = (
  proposers: readonly string[],
  {
    keys,
    operationCount,
    collectionsMax,
  }: {
    readonly keys: readonly string[];
    readonly operationCount: number;
    readonly collectionsMax: number;
  },
  random: Random,
  forMs: number,
): readonly Deed[] => {
  const wishes: Wish[] = Array.from({ length: operationCount }, () => ({
    atMs: random.integer(0, forMs),
    key: random.pick(keys),
    does: null,
    by: Array.from({ length: 4 }, () => random.pick(proposers)),
  }));
  for (const key of keys.filter((one) => one.startsWith("r"))) {
    for (let made = random.integer(0, collectionsMax); made > 0; made -= 1) {
      const atMs = random.integer(0, forMs);
      wishes.push({ atMs, key, does: "collect", by: [random.pick(proposers)] });
    }
  }
  return deedsOf(wishes, clientNames.slice(0, random.integer(1, 5)), random);
};

/**
 * Hours with a deed every ten seconds or so. Each key is asked of one proposer, or mostly of one, as an application would do it: so the others are hundreds of
 * rounds behind when they are asked at last.
 */
export const drawQuietDeeds = (
  proposers: readonly string[],
  random: Random,
  forMs: number,
): readonly Deed[] => {
  const keys = random.chance(0.5) ? [random.pick(objectKeys)] : drawKeys(random);
  const strayShare = random.pick([0, 0.1]);
  const wishes: Wish[] = [];
  for (let atMs = 0; atMs < forMs; atMs += random.integer(1, 20_000)) {
    const key = random.pick(keys);
    const usual = proposers[keys.indexOf(key) % proposers.length] ?? "";
    const others = Array.from({ length: 3 }, () => random.pick(proposers));
    const by = [random.chance(strayShare) ? random.pick(proposers) : usual, ...others];
    const isCollection = key.startsWith("r") && random.chance(0.1);
    wishes.push({ atMs, key, does: isCollection ? "collect" : null, by });
  }
  return deedsOf(wishes, clientNames, random);
};

/** Some of the keys, or one. */
export const drawKeys = (random: Random): readonly string[] => {
  const some = objectKeys.filter(() => random.chance(0.6));
  return some.length === 0 || random.chance(0.2) ? [random.pick(objectKeys)] : some;
};

/** Wishes as deeds in their order, each client's with ascending numbers. */
export const deedsOf = (
  wishes: readonly Wish[],
  clients: readonly string[],
  random: Random,
): readonly Deed[] => {
  const numbers = new Map<string, number>();
  return [...wishes]
    .sort((left, right) => left.atMs - right.atMs)
    .map(({ atMs, key, does, by }): Deed => {
      if (does === "collect") return { kind: "collect", atMs, key, by: by[0]! };
      const client = random.pick(clients);
      const number = (numbers.get(client) ?? 0) + 1;
      numbers.set(client, number);
      const tag = `${client}${number}`;
      const action = does === null ? drawAction(key, tag, client, random) : actionOf(does, tag);
      return { kind: "operate", atMs, key, client, number, action, by };
    });
};

const actionOf = (does: "put" | "delete" | "read", tag: string): ObjectAction => {
  switch (does) {
    case "put":
      return { kind: "change", change: { kind: "put", tag, value: tag } };
    case "delete":
    case "read":
      return { kind: does };
  }
};
