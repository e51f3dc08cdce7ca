/** Laws of the wire: what was written is read, and nothing else that comes can do harm. */
import {
  createLinkReader,
  createLinkWriter,
  createSpaceWriter,
  type LinkItem,
  type SpaceMessage,
} from "@syncline/gossip";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyMessage, messageByKind } from "../gossip/arbitrary-messages.ts";

const messagesIn = (items: readonly LinkItem[] | null): readonly SpaceMessage[] | null =>
  items === null ? null : items.flatMap((item) => (item.kind === "space" ? [item.message] : []));

describe.each(Object.entries(messageByKind))("%s", (_, arbitrary) => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        const frame = createLinkWriter().message(createSpaceWriter("s", 3), message);

        expect(messagesIn(createLinkReader(8).read(frame))).toEqual([message]);
      }),
      { numRuns: 200 },
    );
  });
});

test("messages of two spaces to two connections are read as they were written, whenever each connection began", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyMessage, fc.nat(1), fc.nat(1)), { maxLength: 20 }), (sent) => {
      const spaces = [createSpaceWriter("s/0", 1), createSpaceWriter("s/1", 200)];
      const writers = [createLinkWriter(), createLinkWriter()];
      const readers = [createLinkReader(2), createLinkReader(2)];

      for (const [message, space, link] of sent) {
        const frame = writers[link]!.message(spaces[space]!, message);
        expect(readers[link]!.read(frame)).toEqual([
          { kind: "space", space: `s/${space}`, message },
        ]);
        // The same bytes serve the other connection too, whatever it knows already.
        const again = writers[1 - link]!.message(spaces[space]!, message);
        expect(readers[1 - link]!.read(again)).toEqual([
          { kind: "space", space: `s/${space}`, message },
        ]);
      }
    }),
    { numRuns: 200 },
  );
});

test("random bytes are items or null, never an error", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (frames) => {
      const reader = createLinkReader(4);
      for (const frame of frames) {
        const items = reader.read(frame);
        expect(items === null || items.length <= frame.length).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
