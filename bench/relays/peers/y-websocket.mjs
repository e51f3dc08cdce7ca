// The server of y-websocket as its own command starts it, in memory. Like that command, but it says on which port it listens.
import { createServer } from "node:http";
import { setupWSConnection } from "@y/websocket-server/utils";
import { WebSocketServer } from "ws";

const server = createServer();
const webSocketServer = new WebSocketServer({ noServer: true });
webSocketServer.on("connection", setupWSConnection);
server.on("upgrade", (request, socket, head) => {
  webSocketServer.handleUpgrade(request, socket, head, (webSocket) => {
    webSocketServer.emit("connection", webSocket, request);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`ready ws://127.0.0.1:${server.address().port}\n`);
});

// An end that Node knows of: its profiler writes what it has.
process.once("SIGTERM", () => process.exit(0));
