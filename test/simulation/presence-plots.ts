/** Stories of presence that chance hardly ever tells: a farewell that somebody does not hear, and a client that is here by two ways. */
import type { Random } from "@syncline/machine";
import type { ClusterSetup } from "./deeds.ts";
import type { Happening } from "./gossip-run.ts";
import { type Cast, drawOrder, edit, fate, move, type Plotting, show } from "./plot.ts";

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

type Tell = (roles: Roles, random: Random, atMs: number) => readonly Happening[];

/** How long before the first of it those who play in it go to their places. */
const PLACING_MS = 1500;

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
  const roles = rolesOf({
    homes: drawOrder(homeNames, random),
    edges: drawOrder(edgeNames, random),
  });
  if (roles === null) return [];
  const [tell, lastsMs] = random.pick(tellings);
  return placed(tell, roles, random, Math.max(PLACING_MS, forMs - lastsMs));
};

const rolesOf = ({ homes, edges }: Cast): Roles | null => {
  const [home, viewersHome, thirdHome] = homes;
  const [shown, viewer] = edges;
  if (shown === undefined || viewer === undefined) return null;
  if (home === undefined || viewersHome === undefined || thirdHome === undefined) return null;
  return { shown, home, viewer, viewersHome, thirdHome };
};

const placed = (tell: Tell, roles: Roles, random: Random, atMs: number): readonly Happening[] => [
  move(atMs - PLACING_MS, roles.shown, roles.home),
  move(atMs - PLACING_MS, roles.viewer, roles.viewersHome),
  ...tell(roles, random, atMs),
];

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
  const edits = [0, 40, 80].map((afterMs) => edit(atMs + afterMs, viewer, "x"));
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

const tellings: readonly (readonly [tell: Tell, lastsMs: number])[] = [
  [slowViewer, 1500],
  [slowHome, 1500],
  [lostLink, 1500],
  [twoWays, 9500],
];

/** All of them, to be told alone. */
export const presencePlots: readonly Plotting[] = tellings.map(([tell, lastsMs]) => ({
  homeCountMin: 3,
  edgeCountMin: 2,
  isOnlyAlone: true,
  tell: (cast, random, atMs) => {
    const roles = rolesOf(cast);
    const fromMs = atMs + PLACING_MS;
    return {
      homeLimits: {},
      untilMs: fromMs + lastsMs,
      happenings: roles === null ? [] : placed(tell, roles, random, fromMs),
    };
  },
}));
