/** Stories of presence that chance hardly ever tells: a farewell that somebody does not hear, and a client that is here by two ways. */
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
import type { ClusterSetup, Deed } from "./deeds.ts";
import type { Happening } from "./gossip-run.ts";

/** Two edges at two homes. */
interface Roles {
  /** Who shows itself. */
  readonly shown: string;
  readonly home: string;
  /** Who looks on. */
  readonly viewer: string;
  readonly viewersHome: string;
  readonly thirdHome: string;
}

/**
 * The happenings of this seed's plot; mostly none. They come towards the end of the trouble, which lasts for `forMs`: each new connection begins with what
 * is right, and would hide what a plot has brought about.
 */
export const drawPresencePlot = (
  { edgeNames, homeNames }: ClusterSetup,
  random: Random,
  forMs: number,
): readonly Happening[] => {
  if (!random.chance(1 / 8)) return [];
  const [home, viewersHome, thirdHome] = drawOrder(homeNames, random);
  const [shown, viewer] = drawOrder(edgeNames, random);
  if (shown === undefined || viewer === undefined) return [];
  if (home === undefined || viewersHome === undefined || thirdHome === undefined) return [];
  const [plot, lastsMs] = random.pick([
    [slowViewer, 1500],
    [slowHome, 1500],
    [lostLink, 1500],
    [twoWays, 9500],
  ] as const);
  const atMs = Math.max(1500, forMs - lastsMs);
  return [
    move(atMs - 1500, shown, home),
    move(atMs - 1500, viewer, viewersHome),
    ...plot({ shown, home, viewer, viewersHome, thirdHome }, random, atMs),
  ];
};

const drawOrder = (names: readonly string[], random: Random): readonly string[] => {
  const left = [...names];
  return names.flatMap(() => left.splice(random.integer(0, left.length), 1));
};

/** A client shows so much of itself that a viewer does not keep up, and leaves before it does. */
const slowViewer = (
  { shown, viewer, viewersHome }: Roles,
  random: Random,
  atMs: number,
): readonly Happening[] => [
  fate({ atMs, kind: "slow-reader", node: viewer, from: viewersHome, ...slowness }),
  ...flood(shown, random, atMs),
];

/** The same before the viewer's home. */
const slowHome = (
  { shown, home, viewersHome }: Roles,
  random: Random,
  atMs: number,
): readonly Happening[] => [
  fate({ atMs, kind: "slow-reader", node: viewersHome, from: home, ...slowness }),
  ...flood(shown, random, atMs),
];

const slowness = { perMessageMs: 50, forMs: 4000 };

/** More states than are sent to somebody who takes none, and then a farewell. */
const flood = (edge: string, random: Random, fromMs: number): readonly Happening[] => [
  ...Array.from({ length: 60 }, (_, index) => show(fromMs + 1 + index, edge, true)),
  show(fromMs + random.integer(100, 800), edge, false),
];

/** What a client shows waits for the disk of the viewer's home. Meanwhile the link between the two homes ends, the client leaves, and the link comes up again. */
const lostLink = (
  { shown, home, viewer, viewersHome }: Roles,
  random: Random,
  atMs: number,
): readonly Happening[] => {
  const edits = [0, 40, 80].map((afterMs) =>
    people({ atMs: atMs + afterMs, kind: "edit", edge: viewer, document: "x", count: 1 }),
  );
  const brokenMs = atMs + random.integer(250, 450);
  return [
    fate({ atMs: atMs - 10, kind: "slow-disk", node: viewersHome, times: 500, forMs: 4000 }),
    ...edits,
    show(atMs + random.integer(20, 100), shown, true),
    fate({ atMs: brokenMs, kind: "break", one: home, other: viewersHome }),
    show(brokenMs + 1, shown, false),
  ];
};

/** A client comes to another home, and the one before takes seconds to notice that it has left. */
const twoWays = (
  { shown, home, thirdHome }: Roles,
  random: Random,
  atMs: number,
): readonly Happening[] => [
  show(atMs, shown, true),
  fate({
    atMs: atMs + random.integer(100, 300),
    kind: "partition",
    shape: "isolated",
    lines: [[shown, home]],
    forMs: 10_000,
  }),
  move(atMs + random.integer(300, 500), shown, thirdHome),
];

const move = (atMs: number, edge: string, home: string): Happening =>
  people({ atMs, kind: "move", edge, home });
const show = (atMs: number, edge: string, isHere: boolean): Happening =>
  people({ atMs, kind: "show", edge, isHere });
const fate = (fault: Fault): Happening => ({ by: "fate", fault });
const people = (deed: Deed): Happening => ({ by: "people", deed });
