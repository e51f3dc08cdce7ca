/** Three devices with a replica each, and the links between them: real states, and real bytes on every link. */
import { type HybridClock, type HybridTime, observe, startOfTime, tick } from "@syncline/clocks";
import { type AnyCrdt, createDeltaBuffer, type DeltaBuffer, type ReplicaId } from "@syncline/crdt";

/** A device: a replica of the value, a clock, and what is still to be sent to whom. */
export interface Device {
  readonly name: string;
  readonly replica: ReplicaId;
  readonly state: unknown;
  readonly buffer: DeltaBuffer<unknown>;
  /** By how much its clock is wrong, in milliseconds. */
  readonly skewMs: number;
  clock: HybridClock;
}

/** A link between two devices, by their place. */
export interface Link {
  readonly ends: readonly [number, number];
  isUp: boolean;
}

/** What waits for a device: changes, and the bytes of the one delta that they make. */
export interface Waiting {
  readonly changeCount: number;
  readonly byteCount: number;
}

/** Something that takes place: told before it has its effect on the device's, or the receiver's, state. */
export type Happening =
  | {
      readonly kind: "changed";
      readonly at: Device;
      readonly delta: unknown;
      /** The mutator, and what was given to it. */
      readonly change: readonly [mutator: string, ...rest: unknown[]];
    }
  | {
      readonly kind: "sent";
      readonly from: Device;
      readonly to: Device;
      readonly delta: unknown;
      readonly byteCount: number;
    };

/** The devices and their links. */
export interface World {
  readonly type: AnyCrdt;
  readonly devices: readonly Device[];
  readonly links: readonly Link[];
  /** Carries out a mutator at a device, and sends what it can. Throws as the mutator does. */
  readonly change: (at: number, mutator: string, ...rest: readonly unknown[]) => void;
  /** The time at a device, by its own clock. */
  readonly timeAt: (at: number) => HybridTime;
  readonly setLink: (link: Link, isUp: boolean) => void;
  /** Cuts or heals all links of a device. */
  readonly setLinksOf: (at: number, isUp: boolean) => void;
  readonly waiting: (from: number, to: number) => Waiting;
  /** Whether all states are the same, byte by byte. */
  readonly isAgreed: () => boolean;
}

const names = ["Phone", "Laptop", "Tablet"] as const;

/** Untouched devices, all linked. `tell` hears of each change and message before it has its effect on a receiver. */
export const createWorld = (
  type: AnyCrdt,
  skewsMs: readonly number[],
  tell: (happening: Happening) => void,
): World => {
  const devices = names.map((name, index) => createDevice(type, name, index, skewsMs[index] ?? 0));
  const links: readonly Link[] = [
    { ends: [0, 1], isUp: true },
    { ends: [1, 2], isUp: true },
    { ends: [0, 2], isUp: true },
  ];
  const counts = new Map<string, number>();
  const deviceAt = (index: number): Device => devices[index] as Device;

  const count = (at: Device, except: Device | null): void => {
    for (const { name } of devices) {
      if (name === at.name || name === except?.name) continue;
      const key = `${at.name} ${name}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  };

  /** Sends all that waits in this direction, as one delta in bytes. Returns whether there was any. */
  const send = (from: Device, to: Device): boolean => {
    const group = from.buffer.groupFor(to.name);
    if (group === null) return false;
    const bytes = type.encode(group.delta);
    const delta = type.decode(bytes);
    if (delta === null) throw new Error("a delta did not survive its bytes");
    tell({ kind: "sent", from, to, delta, byteCount: bytes.length });
    const latest = type.latestTime(delta);
    const seen = latest === null ? null : observe(to.clock, latest, nowAt(to));
    if (seen?.kind === "observed") to.clock = seen.clock;
    if (to.buffer.receive(to.state, delta, from.name) !== null) count(to, from);
    from.buffer.confirm(to.name, group.upTo);
    counts.delete(`${from.name} ${to.name}`);
    return true;
  };
  const deliver = (): void => {
    const sendBoth = ({ isUp, ends: [left, right] }: Link): boolean => {
      if (!isUp) return false;
      const isForth = send(deviceAt(left), deviceAt(right));
      return send(deviceAt(right), deviceAt(left)) || isForth;
    };
    // Whatever is passed on may be news to the next: until nothing moves.
    while (links.map(sendBoth).includes(true));
  };

  return {
    type,
    devices,
    links,
    change: (index, mutator, ...rest) => {
      const at = deviceAt(index);
      const delta: unknown = (type.mutators as Mutators)[mutator]?.(at.state, at.replica, ...rest);
      if (type.isBottom(delta)) return;
      tell({ kind: "changed", at, delta, change: [mutator, ...rest] });
      type.apply(at.state, delta);
      at.buffer.add(delta);
      count(at, null);
      deliver();
    },
    timeAt: (index) => {
      const at = deviceAt(index);
      at.clock = tick(at.clock, nowAt(at));
      return at.clock;
    },
    setLink: (link, isUp) => {
      link.isUp = isUp;
      deliver();
    },
    setLinksOf: (at, isUp) => {
      for (const link of links) if (link.ends.includes(at)) link.isUp = isUp;
      deliver();
    },
    waiting: (from, to) => {
      const { buffer, name } = deviceAt(from);
      const group = buffer.groupFor(deviceAt(to).name);
      if (group === null) return { changeCount: 0, byteCount: 0 };
      const changeCount = counts.get(`${name} ${deviceAt(to).name}`) ?? 0;
      return { changeCount, byteCount: type.encode(group.delta).length };
    },
    isAgreed: () => new Set(devices.map(({ state }) => type.encode(state).join())).size === 1,
  };
};

type Mutators = Readonly<Record<string, (...all: readonly unknown[]) => unknown>>;

const createDevice = (type: AnyCrdt, name: string, index: number, skewMs: number): Device => {
  const buffer = createDeltaBuffer(type);
  for (const other of names) if (other !== name) buffer.join(other);
  const replica = `${index + 1}`.repeat(16);
  return { name, replica, state: type.bottom(), buffer, skewMs, clock: startOfTime };
};

const nowAt = ({ skewMs }: Device): number => Date.now() + skewMs;
