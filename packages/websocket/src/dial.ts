/** One attempt to connect, and the one connection that comes of it. What happens afterwards is for `socket.ts` to say. */
import { browserCode, closeCode, cutReason } from "./close-codes.ts";
import { createCongestionGauge, type CongestionGauge } from "./congestion.ts";
import type { Connection, ConnectionHandlers } from "./connection.ts";
import { type Liveness, watchLiveness } from "./liveness.ts";
import type { SocketSettings } from "./socket-options.ts";
import { startTimer } from "./timer.ts";
import type { WebSocketLike } from "./web-socket.ts";

/** What an attempt needs of a socket's settings. */
export type DialSettings = Pick<
  SocketSettings,
  | "protocol"
  | "heartbeat"
  | "WebSocket"
  | "connectTimeoutMs"
  | "heartbeatMs"
  | "silenceMs"
  | "highWaterBytes"
  | "lowWaterBytes"
  | "pollMs"
>;

/** What the owner of an attempt is told. `closed` is called exactly once, also when it never opened, and never within `dial` itself. */
export interface DialHandlers extends ConnectionHandlers {
  /** The connection is open. */
  opened(connection: Connection): void;
}

interface Call {
  readonly settings: DialSettings;
  readonly handlers: DialHandlers;
  readonly gauge: CongestionGauge;
  readonly connection: Connection;
  webSocket: WebSocketLike | null;
  /** Present while the connection is open. */
  liveness: Liveness | null;
  /** The message of the last `error` event, where there was one. */
  trouble: string;
  hasEnded: boolean;
  stopConnectTimer: () => void;
  stopPolling: () => void;
}

/** Begins to connect. The connection that it returns drops what is sent before it is open; closing it gives the attempt up. */
export const dial = (url: string, settings: DialSettings, handlers: DialHandlers): Connection => {
  const call: Call = {
    settings,
    handlers,
    gauge: createCongestionGauge(settings, {
      congested: () => {
        poll(call);
        handlers.congested?.();
      },
      drained: () => {
        call.stopPolling();
        handlers.drained?.();
      },
    }),
    connection: connectionOf(() => call),
    webSocket: null,
    liveness: null,
    trouble: "",
    hasEnded: false,
    stopConnectTimer: () => {},
    stopPolling: () => {},
  };
  call.stopConnectTimer = startTimer(settings.connectTimeoutMs, () => {
    hangUp(call, closeCode.notInTime, "no connection in time");
  });
  call.webSocket = begin(call, url);
  return call.connection;
};

const connectionOf = (call: () => Call): Connection => ({
  send: (frame) => {
    send(call(), frame);
  },
  close: (code, reason) => {
    hangUp(call(), code, reason);
  },
  get bufferedBytes() {
    return bufferedBytesOf(call());
  },
});

const bufferedBytesOf = ({ webSocket, hasEnded }: Call): number =>
  hasEnded ? 0 : (webSocket?.bufferedAmount ?? 0);

const begin = (call: Call, url: string): WebSocketLike | null => {
  const { protocol, WebSocket } = call.settings;
  try {
    const webSocket = new WebSocket(url, protocol === "" ? [] : [protocol]);
    listen(call, webSocket);
    return webSocket;
  } catch (error) {
    // A page served by https may not connect to ws:, and browsers say so by throwing here. The owner hears of it as of any failure.
    queueMicrotask(() => {
      end(call, closeCode.lost, error instanceof Error ? error.message : "");
    });
    return null;
  }
};

const listen = (call: Call, webSocket: WebSocketLike): void => {
  webSocket.binaryType = "arraybuffer";
  webSocket.addEventListener("open", () => {
    if (!call.hasEnded) open(call);
  });
  webSocket.addEventListener("message", ({ data }) => {
    if (!call.hasEnded) receive(call, data);
  });
  webSocket.addEventListener("close", ({ code, reason }) => {
    end(call, code, reason === "" ? call.trouble : reason);
  });
  // `close` follows in any case. In Node the error says why, and one that nobody listens to would end the process.
  webSocket.addEventListener("error", ({ message }) => {
    call.trouble = message ?? "";
  });
};

const open = (call: Call): void => {
  call.stopConnectTimer();
  const { heartbeat, heartbeatMs, silenceMs } = call.settings;
  call.liveness = watchLiveness(
    { heartbeatMs, silenceMs, pingMs: Number.POSITIVE_INFINITY },
    {
      heartbeat: () => {
        send(call, heartbeat);
      },
      ping: () => {},
      silent: () => {
        hangUp(call, closeCode.silent, "nothing received for too long");
      },
    },
  );
  call.handlers.opened(call.connection);
};

const receive = (call: Call, data: unknown): void => {
  call.liveness?.received();
  if (typeof data !== "string") {
    // Binary data: an ArrayBuffer, since `binaryType` says so.
    call.handlers.frame(new Uint8Array(data as ArrayBuffer));
  } else if (call.handlers.text !== undefined) {
    call.handlers.text();
  } else {
    hangUp(call, closeCode.textFrame, "text frame");
  }
};

const send = (call: Call, frame: Uint8Array): void => {
  if (call.hasEnded || call.liveness === null || call.webSocket === null) return;
  // The declarations tell ordinary memory from memory shared by threads, which a WebSocket does not take; here it is never shared.
  call.webSocket.send(frame as Uint8Array<ArrayBuffer>);
  call.liveness.sent();
  call.gauge.read(call.webSocket.bufferedAmount);
};

/** Looks at the buffer until it has drained. Only a congested connection is polled. */
const poll = (call: Call): void => {
  call.stopPolling = startTimer(call.settings.pollMs, () => {
    call.gauge.read(bufferedBytesOf(call));
    if (call.gauge.isCongested && !call.hasEnded) poll(call);
  });
};

/** Ends the connection from this side. The owner is told at once: the other side may be gone, and browsers wait long for its answer. */
const hangUp = (call: Call, code: number, reason: string): void => {
  if (call.hasEnded) return;
  const wireCode = browserCode(code);
  tidy(call);
  call.webSocket?.close(wireCode, cutReason(reason));
  call.handlers.closed(code, reason);
};

const end = (call: Call, code: number, reason: string): void => {
  if (call.hasEnded) return;
  tidy(call);
  call.handlers.closed(code, reason);
};

const tidy = (call: Call): void => {
  call.hasEnded = true;
  call.stopConnectTimer();
  call.stopPolling();
  call.liveness?.stop();
};
