/** Where the cluster's relays listen, and by which address they are reached. */
import { type AddressInfo, createServer, isIPv6, type Server } from "node:net";
import { SyncError } from "@syncline/machine";

/**
 * One port for each relay: those that follow the first, or any that are free if it is 0.
 *
 * @throws SyncError `BAD_CONFIG` if they go beyond 65,535.
 */
export const portsFrom = async (
  firstPort: number,
  { host, count }: { readonly host: string; readonly count: number },
): Promise<readonly number[]> => {
  if (firstPort === 0) return freePorts(host, count);
  const lastPort = firstPort + count - 1;
  if (!Number.isInteger(firstPort) || firstPort < 0 || lastPort > 65_535) {
    throw new SyncError(
      "BAD_CONFIG",
      `no ports ${firstPort} to ${lastPort}: they go from 1 to 65535`,
    );
  }
  return Array.from({ length: count }, (_, index) => firstPort + index);
};

/** All are held at the same time, so that none is given twice. Another process may take one before its relay does; that relay then says so. */
const freePorts = async (host: string, count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(Array.from({ length: count }, () => holdPort(host)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

const holdPort = (host: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) =>
      reject(new SyncError("BAD_CONFIG", `cannot listen at ${host}: ${cause.message}`, { cause })),
    );
    server.listen(0, host, () => resolve(server));
  });

/** A host that a connection from this machine can name: what is bound to every address is reached at the loopback. */
export const reachableHost = (host: string): string => {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "::1";
  return host;
};

/** The host as it stands in an address, which has IPv6 in brackets. */
export const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** The host of a `Host` header, without its port and brackets. */
export const hostNamed = (header: string): string =>
  header.replace(/:\d*$/u, "").replace(/^\[(.*)\]$/u, "$1");
