/**
 * Stories that chance hardly ever tells: a few happenings that must come in one order within a second. Now and then a seed is given one, at times that
 * it draws, in the midst of everything else that it draws.
 */
import type { Random } from "@syncline/machine";
import type { Fault } from "@syncline/simulator";
import type { ClusterSetup, Deed } from "./deeds.ts";
import type { Happening } from "./gossip-run.ts";
import { documents } from "./items.ts";

/** The happenings of this seed's plot; mostly none. */
export const drawPlot = (setup: ClusterSetup, random: Random): readonly Happening[] => {
  if (!random.chance(1 / 15) || setup.homeNames.length < 3) return [];
  return forgottenBatch(setup, random);
};

/**
 * An edge that has been shown nothing yet makes a batch, which comes to all disks while the edge hears nothing. The next home's welcome tells it so, and it lets
 * go of the batch; but it leaves before it is shown it. So no vector of the edge speaks of the batch when it comes to a home that has lost its disk
 * and can reach nobody, and edits there.
 */
const forgottenBatch = (setup: ClusterSetup, random: Random): readonly Happening[] => {
  const edge = random.pick(setup.edgeNames);
  const first = setup.homeNames[setup.edgeNames.indexOf(edge) % setup.homeNames.length]!;
  const rest = setup.homeNames.filter((home) => home !== first);
  const second = random.pick(rest);
  const wiped = random.pick(rest.filter((home) => home !== second));
  const madeMs = random.integer(300, 700);
  const movedMs = madeMs + random.integer(200, 700);
  const leftMs = movedMs + random.integer(100, 900);
  const edit = (atMs: number): Happening =>
    people({ atMs, kind: "edit", edge, document: random.pick(documents), count: 1 });
  const move = (atMs: number, home: string): Happening =>
    people({ atMs, kind: "move", edge, home });
  return [
    fate({ atMs: madeMs - 1, kind: "clog", from: first, to: edge, forMs: 3000 }),
    edit(madeMs),
    fate({ atMs: movedMs - 20, kind: "slow-disk", node: second, times: 200, forMs: 2000 }),
    fate({
      atMs: movedMs - 10,
      kind: "partition",
      shape: "isolated",
      lines: setup.homeNames
        .filter((home) => home !== wiped)
        .flatMap((home) => [[home, wiped] as const, [wiped, home] as const]),
      forMs: 6000,
    }),
    fate({ atMs: movedMs, kind: "wipe", node: wiped, forMs: random.integer(10, 100) }),
    move(movedMs, second),
    move(leftMs, wiped),
    ...[100, 1500, 3000].map((afterMs) => edit(leftMs + afterMs)),
  ];
};

const fate = (fault: Fault): Happening => ({ by: "fate", fault });
const people = (deed: Deed): Happening => ({ by: "people", deed });
