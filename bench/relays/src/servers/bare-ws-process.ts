/**
 * The limit: a loop that copies each frame to everybody in the room, its author included, and does nothing else.
 *
 * `--lossy` drops one frame in a hundred: the harness must notice.
 */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

const isLossy = process.argv.includes("--lossy");
const rooms = new Map<string, Set<WebSocket>>();
const server = createServer();
const webSocketServer = new WebSocketServer({ server, perMessageDeflate: false });
let frameCount = 0;

webSocketServer.on("connection", (socket, request) => {
  const name = request.url ?? "/";
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room);
  room.add(socket);
  socket.on("message", (data: Buffer) => {
    frameCount += 1;
    if (isLossy && frameCount % 100 === 50) return;
    for (const member of room) member.send(data);
  });
  socket.on("close", () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(name);
  });
  socket.on("error", () => {});
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") {
    process.stdout.write(`ready ws://127.0.0.1:${address.port}\n`);
  }
});

// An end that Node knows of: its profiler writes what it has.
process.once("SIGTERM", () => process.exit(0));
