/** What the page's address says: which document, one pane or two, and where to connect first. */

/** The address, read. */
export interface PageAddress {
  /** The space's name. */
  readonly room: string;
  readonly isSinglePane: boolean;
  /** The relay that the single pane tries first. */
  readonly relay: string | null;
}

const welcomeRoom = "editor/welcome";

/** Reads the query of an address. */
export const readAddress = (search: string): PageAddress => {
  const query = new URLSearchParams(search);
  return {
    room: query.get("room") ?? welcomeRoom,
    isSinglePane: query.get("pane") === "1",
    relay: query.get("relay"),
  };
};

/** The address of this page with another query. */
export const addressOf = ({ room, isSinglePane, relay }: PageAddress): string => {
  const address = new URL(location.href);
  address.hash = "";
  address.search = "";
  if (isSinglePane) address.searchParams.set("pane", "1");
  if (relay !== null) address.searchParams.set("relay", relay);
  // A slash may stand in a query as it is, and a name is easier to read with it.
  const query = [...address.searchParams].map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  address.search = [`room=${encodeURIComponent(room).replaceAll("%2F", "/")}`, ...query].join("&");
  return address.href;
};

/** A document's name that nobody has used yet. */
export const newRoom = (): string => {
  const letters = "abcdefghjkmnpqrstuvwxyz23456789";
  const random = crypto.getRandomValues(new Uint8Array(6));
  return `editor/${[...random].map((byte) => letters.charAt(byte % letters.length)).join("")}`;
};
