/** Presences as bytes: encoded once, and the same bytes for all edges that are told the same. */
import { createLinkWriter, type Presence, type SpaceWriter } from "@syncline/gossip";
import { JOINED_BYTES_MAX } from "./frame-queue.ts";

/** One edge's presences, in the order in which it is told them. */
export type PresenceList = readonly Presence[];

/**
 * Returns what gives the frames of each of these lists: items on the writer's channel, for connections on which that is open.
 *
 * All items stand in one piece of memory, and a list is told as the runs of it that it has. So whoever is told what most are told shares one frame with
 * them, and an author, who lacks the own cursor, has two halves. Cost: an encoding and a copy for each presence, a look-up for each that an edge is told.
 */
export const framesOf = (
  writer: SpaceWriter,
  lists: readonly PresenceList[],
): ((list: PresenceList) => readonly Uint8Array[]) => {
  // From the longest on, the others are mostly pieces of it.
  const longest = lists.reduce((one, other) => (other.length > one.length ? other : one), []);
  const placeOf = new Map<Presence, number>();
  const items: Uint8Array[] = [];
  const linkWriter = createLinkWriter();
  for (const list of [longest, ...lists]) {
    if (list !== longest && isSame(list, longest)) continue;
    for (const presence of list) {
      if (placeOf.has(presence)) continue;
      placeOf.set(presence, items.length);
      // The first time the frame may name the space, and the logs of it.
      linkWriter.message(writer, presence);
      items.push(linkWriter.message(writer, presence));
    }
  }
  const runs = createRuns(items);
  /** The last of each length: most edges are told the same, authors one less, newcomers more. */
  const lastByLength = new Map<
    number,
    { readonly list: PresenceList; readonly frames: readonly Uint8Array[] }
  >();
  return (list) => {
    const last = lastByLength.get(list.length);
    if (last !== undefined && isSame(list, last.list)) return last.frames;
    const frames = runs(placesOf(list, placeOf));
    lastByLength.set(list.length, { list, frames });
    return frames;
  };
};

const isSame = (list: PresenceList, other: PresenceList): boolean =>
  list.length === other.length && list.every((presence, index) => presence === other[index]);

const placesOf = (list: PresenceList, placeOf: ReadonlyMap<Presence, number>): readonly number[] =>
  list.flatMap((presence) => placeOf.get(presence) ?? []);

/** Gives the bytes of items by their places; those that follow each other as one frame, up to what is joined into one write anyway. */
const createRuns = (
  items: readonly Uint8Array[],
): ((places: readonly number[]) => readonly Uint8Array[]) => {
  const bytes = new Uint8Array(Buffer.concat(items));
  const starts: number[] = [];
  let byteCount = 0;
  for (const item of items) {
    starts.push(byteCount);
    byteCount += item.length;
  }
  const startOf = (place: number): number => starts[place] ?? byteCount;
  return (places) => {
    const frames: Uint8Array[] = [];
    let from = 0;
    let to = 0;
    const cut = (): void => {
      if (to > from) frames.push(bytes.subarray(startOf(from), startOf(to)));
    };
    for (const place of places) {
      if (place !== to || startOf(place + 1) - startOf(from) > JOINED_BYTES_MAX) {
        cut();
        from = place;
      }
      to = place + 1;
    }
    cut();
    return frames;
  };
};
