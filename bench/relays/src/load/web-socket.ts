/**
 * A WebSocket client that costs as little as possible: the load must not become the bottleneck.
 *
 * It writes frames that were built before (masked with zeros, which RFC 6455 allows and which leaves the bytes as they are), takes many frames out
 * of one read, and hands out views. It does not check what it would check against a foe: the servers are the ones that this benchmark started.
 */
import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";

/** What its owner hears. */
export interface WebSocketHandlers {
  /** A whole message; the bytes are a view that lives until the call returns. */
  message(bytes: Uint8Array): void;
  /** It is gone, with the code that the other side gave (1006: none). */
  closed(code: number): void;
}

/** An open connection. */
export interface LoadSocket {
  /** Sends what `maskedFrame` built. */
  send(frame: Uint8Array): void;
  close(): void;
  /** Everything on the wire since the beginning, handshake included. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Whole messages that came. */
  readonly messagesRead: number;
  readonly messagesWritten: number;
  /** How often something was sent and then something came: the handshake is the first time. */
  readonly roundTrips: number;
}

const opcodes = { continuation: 0, close: 8, ping: 9, pong: 10 } as const;
const FRAME_IS_FINAL = 0x80;
const IS_MASKED = 0x80;

/** The frame of one binary message from a client, to be sent as often as one likes. */
export const maskedFrame = (payload: Uint8Array, opcode = 2): Buffer => {
  const header = headerOf(payload.length, opcode);
  const frame = Buffer.alloc(header.length + 4 + payload.length);
  frame.set(header, 0);
  frame.set(payload, header.length + 4);
  return frame;
};

const headerOf = (byteCount: number, opcode: number): Buffer => {
  const first = FRAME_IS_FINAL | opcode;
  if (byteCount < 126) return Buffer.from([first, IS_MASKED | byteCount]);
  if (byteCount < 65_536) {
    return Buffer.from([first, IS_MASKED | 126, byteCount >> 8, byteCount & 255]);
  }
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = IS_MASKED | 127;
  header.writeUInt32BE(byteCount, 6);
  return header;
};

/** Opens a connection; rejects if the server does not switch protocols. */
export const openWebSocket = (
  url: string,
  protocol: string | null,
  handlers: WebSocketHandlers,
): Promise<LoadSocket> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const socket = createConnection({ host: hostname, port: Number(port), noDelay: true });
    const key = randomBytes(16).toString("base64");
    const request = [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
      ...(protocol === null ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    socket.once("error", reject);
    socket.once("connect", () => socket.write(`${request.join("\r\n")}\r\n\r\n`));
    let head = Buffer.alloc(0);
    const takeHead = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", takeHead);
      const status = head.subarray(0, end).toString("latin1").split("\r\n")[0] ?? "";
      if (!status.includes(" 101 ")) {
        socket.destroy();
        return reject(new Error(`${url}: ${status}`));
      }
      const begun = begin(socket, handlers);
      resolve(begun.socket);
      // What came along with the answer comes first; those who wait for the socket get it in their next turn.
      begun.read(head.subarray(end + 4));
    };
    socket.on("data", takeHead);
  });

/** Reads frames from now on. */
const begin = (
  socket: Socket,
  handlers: WebSocketHandlers,
): { readonly socket: LoadSocket; read(chunk: Buffer): void } => {
  let closeCode = 1006;
  let messagesRead = 0;
  let messagesWritten = 0;
  let roundTrips = 1;
  let isAnswerDue = false;
  const reader = createFrameReader((opcode, payload) => {
    if (opcode === opcodes.ping) socket.write(maskedFrame(payload, opcodes.pong));
    else if (opcode === opcodes.close) {
      closeCode = payload.length < 2 ? 1005 : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
      socket.end();
    } else if (opcode < opcodes.close) {
      messagesRead += 1;
      if (isAnswerDue) roundTrips += 1;
      isAnswerDue = false;
      handlers.message(payload);
    }
  });
  socket.on("data", reader);
  socket.on("error", () => {});
  socket.on("close", () => handlers.closed(closeCode));
  const open: LoadSocket = {
    send: (frame) => {
      messagesWritten += 1;
      isAnswerDue = true;
      socket.write(frame);
    },
    close: () => {
      socket.end(maskedFrame(Uint8Array.of(3, 232), opcodes.close));
    },
    get bytesRead() {
      return socket.bytesRead;
    },
    get bytesWritten() {
      return socket.bytesWritten;
    },
    get messagesRead() {
      return messagesRead;
    },
    get messagesWritten() {
      return messagesWritten;
    },
    get roundTrips() {
      return roundTrips;
    },
  };
  return { socket: open, read: reader };
};

/** Cuts a stream of bytes into messages; `take` gets a view of each, and control frames too. */
export const createFrameReader = (
  take: (opcode: number, payload: Uint8Array) => void,
): ((chunk: Buffer) => void) => {
  let chunks: Buffer[] = [];
  let byteCount = 0;
  let neededByteCount = 0;
  let parts: Buffer[] = [];
  let partsOpcode = 0;

  const takeFrame = (first: number, payload: Buffer): void => {
    const opcode = first & 15;
    const isFinal = first >= FRAME_IS_FINAL;
    if (isFinal && opcode !== opcodes.continuation) return take(opcode, payload);
    if (opcode !== opcodes.continuation) partsOpcode = opcode;
    parts.push(Buffer.from(payload));
    if (!isFinal) return;
    const whole = Buffer.concat(parts);
    parts = [];
    take(partsOpcode, whole);
  };

  return (chunk) => {
    let bytes = chunk;
    if (chunks.length > 0) {
      chunks.push(chunk);
      byteCount += chunk.length;
      // A message of many megabytes comes in hundreds of reads, and is joined once.
      if (byteCount < neededByteCount) return;
      bytes = Buffer.concat(chunks, byteCount);
      chunks = [];
    }
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      const end = left < 2 ? at + 2 : endOf(bytes, at, left);
      if (end > bytes.length) {
        if (left > 0) chunks = [bytes.subarray(at)];
        byteCount = left;
        neededByteCount = end - at;
        return;
      }
      takeFrame(bytes[at] ?? 0, bytes.subarray(at + headerByteCount(bytes, at), end));
      at = end;
    }
  };
};

const headerByteCount = (bytes: Buffer, at: number): number => {
  const code = (bytes[at + 1] ?? 0) & 127;
  return code < 126 ? 2 : code === 126 ? 4 : 10;
};

/** Where the frame at `at` ends, or a place beyond the bytes if even its header is not whole. */
const endOf = (bytes: Buffer, at: number, left: number): number => {
  const headerBytes = headerByteCount(bytes, at);
  if (left < headerBytes) return at + headerBytes;
  if (headerBytes === 2) return at + 2 + ((bytes[at + 1] ?? 0) & 127);
  if (headerBytes === 4) return at + 4 + bytes.readUInt16BE(at + 2);
  return at + 10 + bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
};
