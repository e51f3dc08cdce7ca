/**
 * Replicas are retired while others write: random schedules of homes and replicas, with folds that know too little, changes that are on their way over many
 * folds, and devices that come back. What everybody shows is what all changes come to, and everybody has the same bytes.
 */
import {
  decodePayload,
  emptyValue,
  encodeDelta,
  encodeEpoch,
  encodeFences,
  encodeJoined,
  encodeValue,
  type FencesSeen,
  fencesIn,
  foldedReplica,
  foldingOf,
  foldsRemembered,
  type JoinedValue,
  joinInto,
  joinPayloads,
  list,
  mergePayloads,
  newOrigin,
  pnCounter,
  proposeFolds,
  type ReplicaId,
} from "@syncline/crdt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnyChange,
  deltaOfChange,
  replicas,
  type Subject,
  subjects,
  type Tried,
} from "./changes.ts";
import { looseSteps, play } from "./histories.ts";

const runs = { numRuns: Number(process.env["RUNS"] ?? 12) };
const named = subjects.map((subject) => [subject.type.name, subject] as const);

describe.each(named)("a fold of %s", (_name, subject) => {
  const { type } = subject;

  test("is a homomorphism, however little the fence knows", () => {
    fc.assert(
      fc.property(looseSteps(subject), fc.nat(2), (steps, which) => {
        const { states, deltas } = play(type, steps);
        const folding = foldingOf(type);
        const fold = folding.startFold(states[which], replicas[0]!);
        const parts = [...states, ...deltas];
        const folded = parts.map((part) => folding.fold(part, fold));
        const whole = joined(type, parts);
        expect(type.encode(joined(type, folded))).toEqual(type.encode(folding.fold(whole, fold)));
      }),
      runs,
    );
  });
});

const code = (wanted: string): unknown => expect.objectContaining({ code: wanted });

const joined = (type: Tried, states: readonly unknown[]): unknown =>
  states.reduce((sum, state) => type.join(sum, state), type.bottom());

/** What happens next in a space. */
type Step =
  | { readonly kind: "change"; readonly at: number; readonly change: AnyChange }
  /** Sends what a replica has not sent yet to its home. */
  | { readonly kind: "send"; readonly at: number; readonly home: number }
  | { readonly kind: "replicate"; readonly from: number; readonly to: number }
  | { readonly kind: "show"; readonly home: number; readonly at: number }
  | { readonly kind: "compact"; readonly home: number }
  | { readonly kind: "want"; readonly at: number; readonly whom: number }
  | { readonly kind: "lead" }
  /** All homes get everything, and the first does what it can about folds. */
  | { readonly kind: "pump" };

const homeCount = 3;
const deviceCount = 4;

const stepsOf = (subject: Subject): fc.Arbitrary<readonly Step[]> => {
  const at = fc.nat(deviceCount - 1);
  const home = fc.nat(homeCount - 1);
  return fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("change" as const), at, change: subject.changes }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("send" as const), at, home }) },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("replicate" as const), from: home, to: home }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("show" as const), home, at }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("compact" as const), home }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("want" as const), at, whom: at }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("lead" as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("pump" as const) }) },
    ),
    { minLength: 20, maxLength: 50, size: "max" },
  );
};

interface LogEntry {
  readonly payload: Uint8Array;
  readonly after: readonly number[];
}

/** A home: its copies of all logs, as payloads that were merged, and those that were not. */
interface SmallHome {
  readonly covered: number[];
  payloads: Uint8Array[];
}

interface Device {
  id: ReplicaId;
  origin: typeof newOrigin;
  readonly value: JoinedValue<unknown>;
  unsent: { readonly payload: Uint8Array; readonly delta: unknown }[];
  readonly covered: number[];
}

/** A space of three homes and four devices, of which the first home leads. */
class SmallSpace {
  readonly type: Tried;
  readonly logs: LogEntry[][] = [[], [], []];
  readonly homes: SmallHome[] = Array.from({ length: homeCount }, () => ({
    covered: [0, 0, 0],
    payloads: [],
  }));
  readonly devices: Device[];
  idCount = 0;
  /** How far the leader's log must be everywhere before what it has proposed is performed. */
  proposedAt = 0;
  foldCount = 0;
  /** The same space, in which nobody is retired: what is wanted and proposed is nothing there. */
  readonly shadow: SmallSpace | null;
  readonly bug: "unfolded" | null;

  constructor(type: Tried, bug: "unfolded" | null = null, isShadow = false) {
    this.type = type;
    this.bug = bug;
    this.shadow = isShadow ? null : new SmallSpace(type, null, true);
    this.devices = Array.from({ length: deviceCount }, () => ({
      id: this.newId(),
      origin: newOrigin,
      value: emptyValue(type),
      unsent: [],
      covered: [0, 0, 0],
    }));
  }

  newId(): ReplicaId {
    this.idCount += 1;
    return this.idCount.toString(16).padStart(16, "0");
  }

  take(step: Step): void {
    if (!["want", "lead", "pump"].includes(step.kind)) this.shadow?.take(step);
    switch (step.kind) {
      case "change":
        return this.change(this.devices[step.at]!, step.change);
      case "send":
        return this.send(this.devices[step.at]!, step.home);
      case "replicate":
        return this.replicate(step.from, step.to);
      case "show":
        return this.show(step.home, this.devices[step.at]!);
      case "compact":
        this.homes[step.home]!.payloads = [this.merged(step.home).payload];
        return;
      case "want": {
        const { value, unsent } = this.devices[step.at]!;
        const wanted = new Map([[this.devices[step.whom]!.id, value.epoch]]);
        const fences = { epoch: value.epoch, folds: new Map(), wanted };
        unsent.push({ payload: encodeFences(this.type, fences), delta: null });
        this.shadow?.devices[step.at]!.unsent.push({ payload: this.nothing, delta: null });
        return;
      }
      case "lead":
        return this.lead();
      case "pump":
        return this.pump();
    }
  }

  change(device: Device, change: AnyChange): void {
    const { type } = this;
    const { value } = device;
    const delta = deltaOfChange(type, value.state, device.id, change);
    if (type.isBottom(delta)) return;
    type.apply(value.state, delta);
    const writer = { replica: device.id, origin: device.origin, session: 1 };
    const written = encodeDelta(type, writer, delta, value.epoch);
    device.origin = written.origin;
    device.unsent.push({ payload: written.payload, delta });
  }

  get nothing(): Uint8Array {
    return encodeJoined(this.type, new Map(), this.type.bottom());
  }

  /** Admits what follows from what a home has. */
  admitOwn(payload: Uint8Array): void {
    this.admit(0, payload);
    this.shadow?.admit(0, this.nothing);
  }

  admit(home: number, payload: Uint8Array): void {
    const { covered, payloads } = this.homes[home]!;
    this.logs[home]!.push({ payload, after: [...covered] });
    covered[home]! += 1;
    payloads.push(payload);
  }

  send(device: Device, home: number): void {
    // A home that lacks what the device was shown gets it first, as from an edge that carries it.
    for (let log = 0; log < homeCount; log += 1) this.bring(home, log, device.covered[log]!);
    for (const { payload, delta } of device.unsent.splice(0)) {
      const isWrong = this.bug === "unfolded" && delta !== null && device.value.epoch > 0;
      if (!isWrong) this.admit(home, payload);
      else {
        const writer = { replica: device.id, origin: device.origin, session: 1 };
        this.admit(home, encodeDelta(this.type, writer, delta, device.value.epoch).payload);
      }
    }
  }

  /** Takes entries of one log up to a number, and what they rest on first. */
  bring(home: number, log: number, upTo: number): void {
    const { covered, payloads } = this.homes[home]!;
    while (covered[log]! < upTo) {
      const entry = this.logs[log]![covered[log]!]!;
      for (const [other, number] of entry.after.entries()) {
        if (other !== log) this.bring(home, other, number);
      }
      covered[log]! += 1;
      payloads.push(entry.payload);
    }
  }

  replicate(from: number, to: number): void {
    if (from !== to) this.bring(to, from, this.homes[from]!.covered[from]!);
  }

  /** Whatever the home has, as one. */
  show(home: number, device: Device): void {
    const { covered } = this.homes[home]!;
    if (device.covered.some((number, log) => number > covered[log]!)) return;
    this.takeIn(device, [this.merged(home).payload]);
    for (const [log, number] of covered.entries()) device.covered[log] = number;
  }

  takeIn(device: Device, payloads: readonly Uint8Array[]): void {
    const read = payloads.map((payload) => decodePayload(this.type, payload)!);
    const { performed } = joinInto(this.type, device.value, read);
    if (!performed.some(({ retired }) => retired === device.id)) return;
    const id = this.newId();
    const twin = this.shadow?.devices[this.devices.indexOf(device)];
    for (const one of twin === undefined ? [device] : [device, twin]) {
      one.id = id;
      one.origin = newOrigin;
    }
  }

  merged(home: number) {
    return mergePayloads(this.type.name, this.homes[home]!.payloads)!;
  }

  /** The first home proposes what it knows, and performs it once all have it and it has all that they had. */
  lead(): void {
    const { payload, proposal } = this.merged(0);
    const { epoch, proposedEpoch }: FencesSeen = fencesIn(payload) ?? {
      epoch: 0,
      proposedEpoch: 0,
      isAsking: false,
      isWhole: true,
    };
    if (proposal !== null) {
      this.admitOwn(proposal);
      this.proposedAt = this.homes[0]!.covered[0]!;
    }
    if (proposedEpoch <= epoch) return;
    const isEverywhere = this.homes.every(({ covered }) => covered[0]! >= this.proposedAt);
    const isAllHere = this.homes.every(
      ({ covered }, log) => this.homes[0]!.covered[log]! >= covered[log]!,
    );
    if (!isEverywhere || !isAllHere) return;
    this.admitOwn(encodeEpoch(proposedEpoch));
    this.foldCount += proposedEpoch - epoch;
  }

  pump(): void {
    for (let from = 0; from < homeCount; from += 1) {
      for (let to = 0; to < homeCount; to += 1) this.take({ kind: "replicate", from, to });
    }
    this.lead();
  }

  settle(): void {
    const take = (step: Step): void => this.take(step);
    for (let at = 0; at < deviceCount; at += 1) take({ kind: "send", at, home: 0 });
    for (let round = 0; round < 3; round += 1) this.pump();
    for (let from = 1; from < homeCount; from += 1) take({ kind: "replicate", from: 0, to: from });
    for (let at = 0; at < deviceCount; at += 1) take({ kind: "show", home: at % homeCount, at });
  }
}

describe.each(named)("a space with %s", (_name, subject) => {
  const { type } = subject;

  test("comes to the same bytes everywhere, in whatever order payloads are merged", () => {
    fc.assert(
      fc.property(stepsOf(subject), fc.nat(), (steps, seed) => {
        const space = new SmallSpace(type);
        for (const step of steps) space.take(step);
        space.settle();
        const all = space.logs.flat().map(({ payload }) => payload);
        const expected = joinPayloads(type.name, all)!;
        const shuffled = [...all].sort(
          (left, right) => ((left.length * 31 + seed) % 7) - ((right.length * 17 + seed) % 7),
        );
        expect(joinPayloads(type.name, shuffled)).toEqual(expected);
        for (let home = 0; home < homeCount; home += 1) {
          expect(space.merged(home).payload).toEqual(expected);
        }
        for (const { value } of space.devices) expect(encodeValue(type, value)).toEqual(expected);
      }),
      runs,
    );
  });
});

/**
 * Where the last writer wins, equal times are ordered by replica, and a fold gives it another; and a reset that is on its way does not reach what is folded meanwhile.
 * Those come to the same everywhere, as shown above, but to something else than without folds.
 */
const isExact = ({ type }: Subject): boolean => {
  const text = type.name;
  return !/lww|resettable/u.test(text);
};

const showsTheSame = (subject: Subject, bug: "unfolded" | null) =>
  fc.property(stepsOf(subject), (steps) => {
    const space = new SmallSpace(subject.type, bug);
    for (const step of steps) space.take(step);
    space.settle();
    for (const [index, { value }] of space.devices.entries()) {
      const twin = space.shadow!.devices[index]!;
      expect(subject.type.value(value.state)).toEqual(subject.type.value(twin.value.state));
    }
  });

describe.each(named.filter(([, subject]) => isExact(subject)))("who shows %s", (_name, subject) => {
  test("shows what all changes come to, as if nobody had been retired", () => {
    expect(fc.check(showsTheSame(subject, null), runs).counterexample).toBeNull();
  });
});

test("schedules fold, also while changes are on their way", () => {
  const counter = subjects.find(({ type }) => type.name === pnCounter.name)!;
  let foldCount = 0;
  for (const steps of fc.sample(stepsOf(counter), { numRuns: 100, seed: 1 })) {
    const space = new SmallSpace(counter.type);
    for (const step of steps) space.take(step);
    foldCount += space.foldCount;
  }

  expect(foldCount).toBeGreaterThan(50);
});

test("a change that is taken for one of a later epoch is found out", () => {
  const counter = subjects.find(({ type }) => type.name === pnCounter.name)!;

  expect(
    fc.check(showsTheSame(counter, "unfolded"), { numRuns: 500, seed: 1, endOnFailure: true })
      .failed,
  ).toBe(true);
});

const idOf = (index: number): ReplicaId => (index + 1).toString(16).padStart(16, "0");

describe("a thousand retired replicas", () => {
  const counted = Array.from({ length: 1000 }, (_, index) => {
    const writer = { replica: idOf(index), origin: newOrigin, session: 1 };
    const delta = pnCounter.mutators.increment(pnCounter.bottom(), writer.replica);
    return encodeDelta(pnCounter, writer, delta).payload;
  });

  const retired = (): { readonly before: Uint8Array; readonly after: Uint8Array } => {
    const before = joinPayloads(pnCounter.name, counted)!;
    const wanted = new Map(counted.map((_, index): [ReplicaId, number] => [idOf(index), 0]));
    let value = before;
    for (let rounds = 0; rounds < 100; rounds += 1) {
      const epoch = fencesIn(value)?.epoch ?? 0;
      if (rounds % 4 === 0) {
        // What was asked long ago is forgotten, so who waits asks again.
        for (const replica of wanted.keys()) wanted.set(replica, epoch);
        const asking = encodeFences(pnCounter, { epoch, folds: new Map(), wanted });
        value = joinPayloads(pnCounter.name, [value, asking])!;
      }
      const { proposal } = mergePayloads(pnCounter.name, [value])!;
      if (proposal === null) break;
      const performing = encodeEpoch(fencesIn(proposal)!.proposedEpoch);
      value = joinPayloads(pnCounter.name, [value, proposal, performing])!;
      const { heads } = decodePayload(pnCounter, value)!;
      for (const replica of wanted.keys()) if (!heads.has(replica)) wanted.delete(replica);
    }
    return { before, after: value };
  };

  test(
    "are one entry, and the last folds; changes of before those are refused, and change nothing",
    { timeout: 60_000 },
    () => {
      const { before, after } = retired();
      const read = decodePayload(pnCounter, after)!;
      expect(pnCounter.value(read.state)).toBe(1000);
      expect(pnCounter.stats(read.state).actors).toBe(1);
      expect(read.heads.size).toBe(0);
      expect(read.fences.folds.size).toBe(foldsRemembered);
      expect(before.length).toBeGreaterThan(25_000);
      expect(after.length).toBeLessThan(3_000);

      const late = counted[0]!;
      expect(() => joinPayloads(pnCounter.name, [after, late])).toThrow(code("BELOW_FENCE"));
      const away = emptyValue(pnCounter);
      joinInto(pnCounter, away, [decodePayload(pnCounter, late)!]);
      expect(() => joinInto(pnCounter, away, [read])).toThrow(code("ABOVE_FENCE"));
      expect(pnCounter.value(away.state)).toBe(1);
    },
  );

  test("in whatever order payloads of several epochs come", () => {
    const wanted = new Map([[idOf(0), 0]]);
    const asking = encodeFences(pnCounter, { epoch: 0, folds: new Map(), wanted });
    const some = counted.slice(0, 3);
    const { proposal } = mergePayloads(pnCounter.name, [...some, asking])!;
    const more = pnCounter.mutators.increment(
      decodePayload(pnCounter, some[0]!)!.state,
      idOf(0),
      4,
    );
    const writer = {
      replica: idOf(0),
      origin: decodePayload(pnCounter, some[0]!)!.heads.get(idOf(0))!,
      session: 1,
    };
    const all = [
      ...some,
      asking,
      proposal!,
      encodeEpoch(1),
      encodeDelta(pnCounter, writer, more).payload,
    ];
    const expected = joinPayloads(pnCounter.name, all)!;
    fc.assert(
      fc.property(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.nat(all.length),
        (order, cut) => {
          expect(joinPayloads(pnCounter.name, order)).toEqual(expected);
          const first = joinPayloads(pnCounter.name, order.slice(0, cut));
          // A part that is of a later epoch than it knows folds of cannot stand alone with what is older.
          if (first === null) return;
          expect(joinPayloads(pnCounter.name, [first, ...order])).toEqual(expected);
        },
      ),
      { numRuns: 1 },
    );
    expect(pnCounter.value(decodePayload(pnCounter, expected)!.state)).toBe(7);
  });
});

test("a list keeps its order, and rights are locked", () => {
  const typed = list.mutators.push(list.bottom(), idOf(0), 1, 2, 3);
  const value = { ...emptyValue(list), state: typed };
  const proposal = proposeFolds(list, { ...value, wanted: new Map([[idOf(0), 0]]) })!;
  const { performed } = joinInto(
    list,
    value,
    [proposal, encodeEpoch(1)].map((bytes) => decodePayload(list, bytes)!),
  );

  expect(performed.map(({ retired }) => retired)).toEqual([idOf(0)]);
  expect(list.value(value.state)).toEqual([1, 2, 3]);
  expect([...foldingOf(list).replicasIn(value.state)]).toEqual([foldedReplica]);
});
