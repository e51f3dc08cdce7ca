// What does it cost a server to pass frames of 40 bytes on to 100 readers: through ws, and as @syncline/websocket does it, one or eight frames in a turn?
// Readers are plain sockets of another process; the time is this process's own, user and system, for each frame at each reader.
//   npm run build && node bench/frames.mjs
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { cpus } from "node:os";
import { WebSocketServer } from "ws";
import { listen } from "../packages/websocket/dist/server.js";

const READERS = 100;
const FRAMES = 80_000;
const ROUNDS = 5;

const request = (port) =>
  `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const read = (port) => {
  for (let reader = 0; reader < READERS; reader += 1) {
    const socket = connect(port, "127.0.0.1", () => socket.write(request(port)));
    socket.resume();
  }
};

/** Starts a server that hands `passOn` to each connection's sender, and returns the senders once all readers are there. */
const withReaders = (start) =>
  new Promise((resolve) => {
    const senders = [];
    let readers = null;
    const joined = (send) => {
      senders.push(send);
      if (senders.length === READERS) resolve({ senders, end: () => readers.kill() });
    };
    start(joined, (port) => {
      readers = fork(import.meta.filename, [String(port)]);
    });
  });

const throughWs = (joined, ready) => {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  server.on("connection", (socket) => joined((frame) => socket.send(frame, { binary: true })));
  http.listen(0, "127.0.0.1", () => ready(http.address().port));
};

const throughSyncline = async (joined, ready) => {
  const accept = (connection) => {
    joined((frame) => connection.send(frame));
    return { frame: () => {}, closed: () => {} };
  };
  const { port } = await listen({ host: "127.0.0.1", port: 0, protocols: [], accept });
  ready(port);
};

const measure = async (senders, inTurn) => {
  const before = process.cpuUsage();
  for (let sent = 0; sent < FRAMES; sent += inTurn * READERS) {
    for (let index = 0; index < inTurn; index += 1) {
      const frame = new Uint8Array(40).fill(index);
      for (const send of senders) send(frame);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / FRAMES;
};

const median = (numbers) => numbers.sort((left, right) => left - right)[numbers.length >> 1];

const compare = async () => {
  const servers = [
    ["ws", await withReaders(throughWs)],
    ["@syncline/websocket", await withReaders(throughSyncline)],
  ];
  console.log(`${cpus()[0].model}, Node ${process.version}, medians of ${ROUNDS}`);
  console.log("| through | frames in a turn | CPU µs a frame and reader |");
  console.log("| --- | --- | --- |");
  for (const inTurn of [1, 8]) {
    const times = servers.map(() => []);
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [index, [, { senders }]] of servers.entries()) {
        const time = await measure(senders, inTurn);
        if (round > 0) times[index].push(time);
      }
    }
    for (const [index, [name]] of servers.entries()) {
      console.log(`| ${name} | ${inTurn} | ${median(times[index]).toFixed(2)} |`);
    }
  }
  for (const [, { end }] of servers) end();
  process.exit(0);
};

const port = Number(process.argv[2] ?? 0);
if (port > 0) read(port);
else await compare();
