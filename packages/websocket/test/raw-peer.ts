/** The other end of a WebSocket as bare TCP, for what no proper implementation does: to stop reading, to fall silent, to break the rules. */
import { createHash } from "node:crypto";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createMailbox, type Mailbox } from "./mailbox.ts";

/** A frame as it stood on the wire. */
export interface RawFrame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
}

/** A client that does only what it is told. */
export interface RawPeer {
  readonly socket: Socket;
  /** The first line of the server's answer. */
  readonly status: string;
  readonly frames: Mailbox<RawFrame>;
  /** Resolves when the server has ended the connection. */
  readonly ended: Promise<void>;
  /** Sends one frame, masked. */
  send(opcode: number, payload: Uint8Array, isLast?: boolean): void;
}

/** The opcodes of RFC 6455, §11.8. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Connects and shakes hands; resolves with the answer's head read. */
export const openRawPeer = async (
  port: number,
  headers: readonly string[] = [],
): Promise<RawPeer> => {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const frames = createMailbox<RawFrame>();
  const status = new Promise<string>((resolve) => {
    readHead(socket, (head, rest) => {
      resolve(head.split("\r\n")[0] ?? "");
      readFrames(socket, rest, frames);
    });
  });
  const request = [
    "GET /room?x=1 HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  ];
  socket.write(`${request.join("\r\n")}\r\n\r\n`);
  return {
    socket,
    status: await status,
    frames,
    ended,
    send: (code, payload, isLast = true) => socket.write(encodeFrame(code, payload, isLast)),
  };
};

/** The code in a close frame. */
export const closeCodeIn = (frame: RawFrame): number | null =>
  frame.opcode === opcode.close && frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : null;

/** A frame with an all-zero mask, as a client sends it. */
const encodeFrame = (code: number, payload: Uint8Array, isLast: boolean): Buffer => {
  const isShort = payload.length < 126;
  const head = Buffer.alloc(isShort ? 6 : 14);
  head[0] = (isLast ? 0x80 : 0) | code;
  head[1] = 0x80 | (isShort ? payload.length : 127);
  if (!isShort) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
};

const readHead = (socket: Socket, done: (head: string, rest: Buffer) => void): void => {
  let bytes = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return;
    socket.off("data", read);
    done(bytes.toString("latin1", 0, end), bytes.subarray(end + 4));
  };
  socket.on("data", read);
};

const readFrames = (socket: Socket, first: Buffer, frames: Mailbox<RawFrame>): void => {
  let bytes = first;
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let found = frameIn(bytes); found !== null; found = frameIn(bytes)) {
      bytes = bytes.subarray(found.end);
      frames.put(found.frame);
    }
  };
  socket.on("data", read);
  read(Buffer.alloc(0));
};

const frameIn = (bytes: Buffer): { readonly frame: RawFrame; readonly end: number } | null => {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return null;
  const size =
    short === 126
      ? bytes.readUInt16BE(2)
      : short === 127
        ? Number(bytes.readBigUInt64BE(2))
        : short;
  if (bytes.length < start + size) return null;
  const payload = Buffer.from(bytes.subarray(start, start + size));
  const first = bytes[0] ?? 0;
  const frame = { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload };
  return { frame, end: start + size };
};

/** A server that says nothing by itself, and never anything beyond what it is told here. */
export interface MuteServer {
  readonly url: string;
  readonly close: () => void;
}

/** Listens on a free port of loopback. */
export const listenMutely = (options: {
  readonly shakesHands: boolean;
  readonly thenSends?: Uint8Array;
}): Promise<MuteServer> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      readHead(socket, (head) => {
        if (options.shakesHands) socket.write(agreementTo(head));
        if (options.thenSends !== undefined) socket.write(options.thenSends);
      });
    });
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `ws://127.0.0.1:${port}`,
        close: () => {
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      });
    });
  });

const agreementTo = (head: string): string => {
  const valueOf = (name: string): string =>
    new RegExp(`^${name}: (.*)$`, "imu").exec(head)?.[1]?.trim() ?? "";
  const accept = createHash("sha1")
    .update(`${valueOf("sec-websocket-key")}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${valueOf("sec-websocket-protocol")}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
};
