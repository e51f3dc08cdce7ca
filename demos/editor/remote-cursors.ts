/**
 * The others' cursors and selections in the text, under their names.
 *
 * It speaks the presence fields of y-codemirror.next (`user`, and `cursor` with relative positions), so that its clients and this page see each
 * other. It differs in two ways: a label follows when its user takes another name, and a colour is checked before it becomes a style, since
 * a style can cover a page or load something from elsewhere.
 */
import { Annotation, type Extension, type Range } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import * as Y from "yjs";
import type { Presence } from "./session.ts";
import { readUser, type User } from "./users.ts";

interface Cursor {
  readonly anchor: number;
  readonly head: number;
}

interface RemoteCursor extends Cursor {
  /** Where it is relative to the text around it: another text when its user, and not only the text, has moved it. */
  readonly place: string;
}

/** Shows the others' cursors in an editor of this text, and tells them the own one. */
export const remoteCursors = (text: Y.Text, presence: Presence): Extension =>
  ViewPlugin.define((view) => new RemoteCursors(view, text, presence), {
    decorations: (plugin) => plugin.decorations,
  });

const presenceChanged = Annotation.define<boolean>();

class RemoteCursors {
  decorations: DecorationSet;
  readonly #text: Y.Text;
  readonly #presence: Presence;
  readonly #redraw: (change: { added: number[]; updated: number[]; removed: number[] }) => void;

  constructor(view: EditorView, text: Y.Text, presence: Presence) {
    this.#text = text;
    this.#presence = presence;
    this.#redraw = ({ added, updated, removed }) => {
      const isAboutOthers = [...added, ...updated, ...removed].some(
        (id) => id !== presence.clientID,
      );
      if (isAboutOthers) view.dispatch({ annotations: presenceChanged.of(true) });
    };
    presence.on("change", this.#redraw);
    this.decorations = decorationsOf(text, presence, view);
  }

  update(update: ViewUpdate): void {
    if (update.view.hasFocus) tellCursor(this.#text, this.#presence, update.state.selection.main);
    this.decorations = decorationsOf(this.#text, this.#presence, update.view);
  }

  destroy(): void {
    this.#presence.off("change", this.#redraw);
  }
}

/** Says where the own cursor is, if it has moved relative to the text. */
const tellCursor = (text: Y.Text, presence: Presence, { anchor, head }: Cursor): void => {
  if (presence.getLocalState() === null) return;
  const cursor = {
    anchor: Y.createRelativePositionFromTypeIndex(text, anchor),
    head: Y.createRelativePositionFromTypeIndex(text, head),
  };
  const told: unknown = presence.getLocalState()?.["cursor"];
  if (JSON.stringify(told) === JSON.stringify(cursor)) return;
  presence.setLocalStateField("cursor", cursor);
};

const decorationsOf = (text: Y.Text, presence: Presence, view: EditorView): DecorationSet => {
  const ranges: Range<Decoration>[] = [];
  for (const [clientId, state] of presence.getStates()) {
    if (clientId === presence.clientID) continue;
    const cursor = readCursor(text, state["cursor"], view.state.doc.length);
    if (cursor === null) continue;
    const user = readUser(state["user"]);
    const from = Math.min(cursor.anchor, cursor.head);
    const to = Math.max(cursor.anchor, cursor.head);
    if (from < to) {
      const attributes = { style: `--user: ${user.color}` };
      ranges.push(Decoration.mark({ class: "remote-selection", attributes }).range(from, to));
    }
    const widget = new CursorWidget(clientId, user, cursor.place);
    const side = cursor.head > cursor.anchor ? -1 : 1;
    ranges.push(Decoration.widget({ widget, side }).range(cursor.head));
  }
  return Decoration.set(ranges, true);
};

/** Null for what is no cursor in this text: presence is whatever somebody sends. */
const readCursor = (text: Y.Text, claimed: unknown, lengthMax: number): RemoteCursor | null => {
  if (typeof claimed !== "object" || claimed === null) return null;
  const { anchor, head } = claimed as { anchor?: unknown; head?: unknown };
  const anchorIndex = indexOf(text, anchor);
  const headIndex = indexOf(text, head);
  if (anchorIndex === null || headIndex === null) return null;
  return {
    anchor: Math.min(anchorIndex, lengthMax),
    head: Math.min(headIndex, lengthMax),
    place: JSON.stringify(head),
  };
};

const indexOf = (text: Y.Text, position: unknown): number | null => {
  if (typeof position !== "object" || position === null || text.doc === null) return null;
  try {
    const relative = Y.createRelativePositionFromJSON(position);
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, text.doc);
    return absolute?.type === text ? absolute.index : null;
  } catch {
    // It is of a shape that Yjs does not expect.
    return null;
  }
};

class CursorWidget extends WidgetType {
  readonly #clientId: number;
  readonly #user: User;
  readonly #place: string;

  constructor(clientId: number, user: User, place: string) {
    super();
    this.#clientId = clientId;
    this.#user = user;
    this.#place = place;
  }

  /** A cursor that was moved is drawn anew, so that its name shows again for a while. */
  override eq(other: CursorWidget): boolean {
    return (
      this.#clientId === other.#clientId &&
      this.#place === other.#place &&
      this.#user.name === other.#user.name &&
      this.#user.color === other.#user.color
    );
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = "remote-cursor";
    caret.style.setProperty("--user", this.#user.color);
    // An empty inline element has no height; a word joiner has, and takes no room.
    caret.append("\u2060");
    const label = document.createElement("span");
    label.className = "remote-name";
    label.textContent = this.#user.name;
    caret.append(label);
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
