/** From a room of y-websocket to the space that it is. */

/**
 * The name of the space that a stock y-websocket client of this server and room has at a relay.
 *
 * Such a client asks for the address `server + "/" + room`, without encoding the room; the URL parser does that, and the relay takes the path
 * as it comes. So the room `my room/ü` is the space `my%20room/%C3%BC`, and what stands behind a `?` belongs to no name.
 */
export const spaceOfRoom = (serverUrl: string, room: string): string => {
  const server = new URL(serverUrl);
  const basePath = server.pathname.replace(/\/+$/u, "");
  const { pathname } = new URL(`${server.protocol}//${server.host}${basePath}/${room}`);
  const isBelow = pathname.startsWith(`${basePath}/`);
  return isBelow ? pathname.slice(basePath.length + 1) : pathname.slice(1);
};
