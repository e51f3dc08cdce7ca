import { expect, test } from "vitest";
import { spaceOfRoom } from "./room.ts";

test.each([
  ["ws://localhost:4400", "my-room", "my-room"],
  ["ws://localhost:4400/", "my-room", "my-room"],
  ["ws://localhost:4400", "my room/ü", "my%20room/%C3%BC"],
  ["ws://localhost:4400", "a/b", "a/b"],
  ["wss://example.org/sync/", "room", "room"],
  ["wss://example.org/sync?key=1", "room", "room"],
  ["ws://localhost:4400", "room?query", "room"],
  ["ws://localhost:4400/base", "../room", "room"],
  ["ws://localhost:4400", "", ""],
])("at %s the room %j is the space %j", (server, room, space) => {
  expect(spaceOfRoom(server, room)).toBe(space);
});
