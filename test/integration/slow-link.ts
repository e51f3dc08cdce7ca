/** A TCP proxy in front of a relay, whose link can be slowed or cut while it runs. */
import { createServer, connect as connectTcp, type Socket } from "node:net";
import { once } from "node:events";

/** A link between two relays. */
export interface SlowLink {
  readonly url: string;
  /** From now on every chunk arrives this much later, in order. */
  setDelay(delayMs: number): void;
  /** Ends what is connected and refuses what comes, until `heal`. */
  cut(): void;
  heal(): void;
  close(): void;
}

/** Opens a proxy to `targetUrl` on a port of its own. */
export const openSlowLink = async (targetUrl: string): Promise<SlowLink> => {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let isCut = false;

  const pass = (from: Socket, to: Socket): void => {
    let dueMs = 0;
    from.on("data", (chunk) => {
      // Never earlier than the chunk before: a slow link keeps the order.
      dueMs = Math.max(dueMs, performance.now() + delayMs);
      const waitMs = dueMs - performance.now();
      if (waitMs <= 0) to.write(chunk);
      else setTimeout(() => to.writable && to.write(chunk), waitMs);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };

  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connectTcp(Number(target.port), target.hostname);
    sockets.add(near).add(far);
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;

  return {
    url: `ws://127.0.0.1:${port}`,
    setDelay: (ms) => {
      delayMs = ms;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    heal: () => {
      isCut = false;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
