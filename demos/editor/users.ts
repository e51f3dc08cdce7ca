/** Who is here: names and colours, the own ones kept for this tab, the others' as far as they can be believed. */
import type { Presence } from "./session.ts";

/** A user as presence tells the others. The field names are those that editors on Yjs agree on. */
export interface User {
  readonly name: string;
  /** `#rrggbb`; white text can be read on it. */
  readonly color: string;
  readonly colorLight: string;
}

/** A user and the client that it is at. */
export interface PresentUser {
  readonly clientId: number;
  readonly user: User;
  readonly isSelf: boolean;
}

/** The most characters of a name that are shown. */
export const nameLengthMax = 24;

const names =
  "Avocet Bittern Bunting Curlew Dipper Dunlin Dunnock Egret Fulmar Godwit Goshawk Grebe Heron Kestrel Linnet Merlin Osprey Pipit Plover Siskin Teal Wagtail Whimbrel Wren".split(
    " ",
  );

// White text has a contrast of at least 4.5 on each.
const colors = [
  "#0b7285",
  "#a61e4d",
  "#5f3dc4",
  "#2b7a37",
  "#b8410c",
  "#1864ab",
  "#862e9c",
  "#7a5b00",
];

/** The user of a pane as this tab knows it; made up the first time. `index` keeps two panes of a page from looking alike. */
export const loadUser = (pane: string, index: number): User => {
  const start = crypto.getRandomValues(new Uint8Array(1))[0] ?? 0;
  const pick = (choices: readonly string[], at: number): string =>
    choices[at % choices.length] ?? "";
  const saved = readSaved(pane);
  const name = saved?.name ?? pick(names, start + index * 5);
  const color = saved?.color ?? pick(colors, start + index * 3);
  const user = userOf(name, color);
  saveUser(pane, user);
  return user;
};

/** A user with a name that can be shown. */
export const userOf = (name: string, color: string): User => ({
  name: shownName(name),
  color,
  colorLight: `${color}33`,
});

/** Keeps the user for the next time that this tab shows this pane. */
export const saveUser = (pane: string, { name, color }: User): void => {
  try {
    sessionStorage.setItem(keyOf(pane), JSON.stringify({ name, color }));
  } catch {
    // Storage is switched off: the name lasts as long as the page.
  }
};

/** Everybody who is present, oneself first. */
export const presentUsers = (presence: Presence): readonly PresentUser[] =>
  [...presence.getStates()]
    .map(([clientId, state]) => ({
      clientId,
      user: readUser(state["user"]),
      isSelf: clientId === presence.clientID,
    }))
    .sort(
      (left, right) => Number(right.isSelf) - Number(left.isSelf) || left.clientId - right.clientId,
    );

/** A user out of what somebody else claims: a name of some length, and a colour that is only a colour. */
export const readUser = (claimed: unknown): User => {
  const { name, color } = (typeof claimed === "object" && claimed !== null ? claimed : {}) as {
    name?: unknown;
    color?: unknown;
  };
  const isColor = typeof color === "string" && /^#[0-9a-f]{6}$/iu.test(color);
  return userOf(typeof name === "string" ? name : "", isColor ? color : "#495057");
};

/** One or two letters that stand for a name. */
export const initialsOf = (name: string): string => {
  const words = name.split(" ");
  const [first = []] = words.map(charactersOf);
  const last = words.length > 1 ? charactersOf(words.at(-1) ?? "") : first.slice(1);
  return [first[0] ?? "?", last[0] ?? ""].join("");
};

const shownName = (name: string): string =>
  charactersOf(name.replaceAll(/\s+/gu, " ").trim()).slice(0, nameLengthMax).join("") || "Somebody";

const charactersOf = (text: string): readonly string[] =>
  Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

const keyOf = (pane: string): string => `syncline-editor-user-${pane}`;

const readSaved = (pane: string): User | null => {
  try {
    const text = sessionStorage.getItem(keyOf(pane));
    return text === null ? null : readUser(JSON.parse(text));
  } catch {
    return null;
  }
};
