// An acceptor of CASPaxos as a process: the shipped machine, runtime, codec and store, behind a plain TCP port.
// Arguments: name, incarnation, directory, port, and the first configuration as JSON. Says "ready" once it listens.
import { createServer } from "node:net";
import { createAcceptor } from "@syncline/consensus/caspaxos";
import {
  acceptorHeadRange,
  decodeRegisterMessage,
  encodeRegisterMessage,
  headOfRow,
  rangeOfAcceptorQuery,
  registerOfRow,
  writeOfAcceptorRecord,
} from "@syncline/consensus/wire";
import { startRuntime } from "@syncline/machine";
import { openLmdbStore } from "@syncline/storage/lmdb";
import { frameOf, readFrames } from "./tcp-frames.mjs";

const [name, incarnation, directory, port, firstConfig] = process.argv.slice(2);
const prefix = Uint8Array.of(1);
const ROWS_MAX = 1000;

const die = (error) => {
  process.stderr.write(`${name}: ${error.stack}\n`);
  process.exit(1);
};

const store = await openLmdbStore(directory);
const head = await store.get(acceptorHeadRange(prefix).fromKey);
const sockets = new Map();

const write = async (writes, done) => {
  try {
    await store.write(writes);
  } catch (error) {
    return done(error);
  }
  done(null);
};

const read = async (query, done) => {
  const bytesMax = query.kind === "registers" ? query.bytesMax : Number.MAX_SAFE_INTEGER;
  const rowsMax = query.kind === "registers" ? ROWS_MAX : 1;
  let rows = [];
  try {
    const found = await store.range({ ...rangeOfAcceptorQuery(prefix, query), rowsMax, bytesMax });
    rows = found.map((row) => registerOfRow(prefix, query, row));
  } catch (error) {
    return done(error, []);
  }
  done(null, rows);
};

const runtime = startRuntime(
  createAcceptor(
    { name, incarnation, firstConfig: JSON.parse(firstConfig) },
    // So few that most requests read the disk.
    { registersMax: 2 },
  ),
  head === null ? [] : [headOfRow(head)],
  {
    now: () => performance.now(),
    append: (records, done) => {
      const writes = records.map((record) => {
        const { key, value } = writeOfAcceptorRecord(prefix, record);
        return value === null ? { kind: "delete", key } : { kind: "put", key, value };
      });
      void write(writes, done);
    },
    load: (query, done) => void read(query, done),
    send: (to, message) => void sockets.get(to)?.write(frameOf(encodeRegisterMessage(message))),
    deliver: () => {},
    // A timer may fire a millisecond early, and a machine is not to be woken before its time.
    wake: (atMs) =>
      void setTimeout(() => runtime.woken(), Math.ceil(Math.max(0, atMs - performance.now())) + 1),
    failed: die,
  },
);

createServer((socket) => {
  let peer = null;
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("close", () => {
    if (sockets.get(peer) === socket) sockets.delete(peer);
  });
  readFrames(socket, (frame) => {
    // The first frame says who it is.
    if (peer === null) {
      peer = new TextDecoder().decode(frame);
      sockets.set(peer, socket);
      return;
    }
    const message = decodeRegisterMessage(frame);
    if (message === null) socket.destroy();
    else runtime.received(peer, message);
  });
}).listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
