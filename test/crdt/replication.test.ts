/** Deltas on their way: among buffers with loss, doubling and reordering, and what each peer is sent. */
import {
  awSet,
  createDeltaBuffer,
  createReplica,
  type Crdt,
  joinEncoded,
  lwwMap,
  pnCounter,
} from "@syncline/crdt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deltaOfChange, replicas, subjects } from "./changes.ts";

const [alice, bob, carol] = replicas as [string, string, string];

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16)).join();

interface Round {
  readonly at: number;
  readonly change: unknown;
  readonly to: number;
  readonly isLost: boolean;
  readonly isConfirmed: boolean;
}

/** Three nodes, each linked to each, and in the end links that lose nothing. */
const gossip = (
  type: Crdt<unknown, unknown, object>,
  rounds: readonly Round[],
): readonly string[] => {
  const nodes = replicas.map((id) => ({
    id,
    state: type.bottom(),
    buffer: createDeltaBuffer(type),
  }));
  for (const node of nodes) {
    for (const other of nodes) if (other !== node) node.buffer.join(other.id);
  }
  const pass = (from: number, to: number, isLost: boolean, isConfirmed: boolean): void => {
    const [sender, receiver] = [nodes[from]!, nodes[to]!];
    if (sender === receiver) return;
    const group = sender.buffer.groupFor(receiver.id);
    if (group === null || isLost) return;
    receiver.buffer.receive(receiver.state, type.decode(type.encode(group.delta)), sender.id);
    if (isConfirmed) sender.buffer.confirm(receiver.id, group.upTo);
  };
  for (const { at, change, to, isLost, isConfirmed } of rounds) {
    const node = nodes[at]!;
    const delta = deltaOfChange(type, node.state, node.id, change as never);
    type.apply(node.state, delta);
    node.buffer.add(delta);
    pass(at, to, isLost, isConfirmed);
  }
  for (let round = 0; round < 3; round += 1) {
    for (const from of [0, 1, 2]) for (const to of [0, 1, 2]) pass(from, to, false, true);
  }
  for (const { buffer } of nodes) expect(buffer.size()).toBe(0);
  return nodes.map(({ state }) => hex(type.encode(state)));
};

test.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s converges by delta groups that are lost and doubled, and buffers empty",
  (_name, subject) => {
    const rounds = fc.array(
      fc.record({
        at: fc.nat(2),
        change: subject.changes,
        to: fc.nat(2),
        isLost: fc.boolean(),
        isConfirmed: fc.boolean(),
      }),
      { maxLength: 12 },
    );

    fc.assert(
      fc.property(rounds, (played) => {
        const [first, ...others] = gossip(subject.type, played);
        for (const other of others) expect(other).toBe(first);
      }),
      { numRuns: 40 },
    );
  },
);

describe("a buffer", () => {
  const start = () => {
    const buffer = createDeltaBuffer(awSet);
    buffer.join(alice);
    buffer.join(bob);
    return { buffer, state: awSet.bottom() };
  };

  test("sends nothing back to where it came from", () => {
    const { buffer, state } = start();

    buffer.receive(state, awSet.mutators.add(awSet.bottom(), alice, "x"), alice);

    expect(buffer.groupFor(alice)).toBeNull();
    expect(awSet.value(buffer.groupFor(bob)!.delta)).toEqual(new Set(["x"]));
  });

  test("passes on only what is new", () => {
    const { buffer, state } = start();
    const old = awSet.mutators.add(awSet.bottom(), carol, "old");
    awSet.apply(state, old);
    const both = awSet.join(old, awSet.mutators.add(old, carol, "new"));

    const news = buffer.receive(state, both, alice);

    expect(awSet.value(news!)).toEqual(new Set(["new"]));
    expect(awSet.value(buffer.groupFor(bob)!.delta)).toEqual(new Set(["new"]));
    expect(buffer.receive(state, both, alice)).toBeNull();
  });

  test("joins what a peer has not confirmed, and forgets what everybody has", () => {
    const { buffer, state } = start();
    for (const element of ["a", "b"]) {
      const delta = awSet.mutators.add(state, carol, element);
      awSet.apply(state, delta);
      buffer.add(delta);
    }

    const group = buffer.groupFor(bob)!;
    expect(awSet.value(group.delta)).toEqual(new Set(["a", "b"]));
    buffer.confirm(bob, group.upTo);
    expect(buffer.groupFor(bob)).toBeNull();
    expect(buffer.size()).toBe(2);
    buffer.leave(alice);
    expect(buffer.size()).toBe(0);
  });

  test("keeps a bounded number of changes, and loses none", () => {
    const { buffer, state } = start();
    for (let index = 0; index < 5_000; index += 1) {
      const delta = awSet.mutators.add(state, carol, index);
      awSet.apply(state, delta);
      buffer.add(delta);
    }

    expect(buffer.size()).toBeLessThanOrEqual(1_024);
    expect(awSet.encode(buffer.groupFor(bob)!.delta)).toEqual(awSet.encode(state));
  });
});

describe("a replica", () => {
  test("tells what changed, here and by others, and not what changed nothing", () => {
    const [mine, yours] = [createReplica(pnCounter, alice), createReplica(pnCounter, bob)];
    const heard: boolean[] = [];
    const stop = mine.subscribe(({ isLocal }) => heard.push(isLocal));

    const delta = mine.mutate.increment(3);
    yours.receive(delta);
    const answer = yours.mutate.decrement();
    expect(mine.receive(answer)).not.toBeNull();
    expect(mine.receive(answer)).toBeNull();
    stop();
    mine.mutate.increment();

    expect(heard).toEqual([true, false]);
    expect([mine.value(), yours.value()]).toEqual([3, 2]);
  });

  test("has an id that is one, and not that of the folded replica", () => {
    expect(() => createReplica(pnCounter, "alice")).toThrow(RangeError);
    expect(() => createReplica(pnCounter, "ffffffffffffffff")).toThrow(RangeError);
  });
});

describe("a home that knows a type's name", () => {
  test("joins states and deltas to the bytes of their join", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(3)), { maxLength: 10 }), (changes) => {
        const states = replicas.map(() => lwwMap.bottom());
        const encoded: Uint8Array[] = [];
        for (const [at, key] of changes) {
          const state = states[at]!;
          const time = { timeMs: key, counter: 0 };
          const delta = lwwMap.mutators.set(state, replicas[at]!, `${key}`, at, time);
          lwwMap.apply(state, delta);
          encoded.push(lwwMap.encode(delta));
        }
        const joined = states.reduce((all, state) => lwwMap.join(all, state), lwwMap.bottom());

        expect(joinEncoded("lww-map", encoded)).toEqual(lwwMap.encode(joined));
      }),
      { numRuns: 50 },
    );
  });

  test("says so if there is no such type, or if bytes are malformed", () => {
    expect(joinEncoded("no-type", [])).toBeNull();
    expect(joinEncoded("lww-map", [new Uint8Array([1])])).toBeNull();
    expect(joinEncoded("lww-map", [])).toEqual(new Uint8Array([0]));
  });
});
