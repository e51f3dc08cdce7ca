/**
 * A document of any size with the structure that real typing leaves: sections, each typed by somebody of their own, keystroke by keystroke.
 *
 * One section is typed. The others are the same bytes under another author's number, which stands in them in five bytes wherever it stands, so
 * that a document of many megabytes is made in a moment.
 */
import * as Y from "yjs";
import { AUTHOR, readKeystrokes, TEXT_NAME } from "./keystrokes.ts";

/** A large document, and what it must look like when it has arrived. */
export interface LargeDocument {
  /** One update for each section. */
  readonly updates: readonly Uint8Array[];
  readonly text: string;
  /** The bytes of the whole as Yjs encodes it. */
  readonly byteCount: number;
}

const sectionKeystrokesMax = 60_000;
const bytesPerKeystroke = 1;

/** A document of at least so many bytes and at most one section more. */
export const largeDocumentOf = (bytesMin: number): LargeDocument => {
  const section = sectionOf(bytesMin);
  const count = Math.max(1, Math.ceil(bytesMin / section.length));
  const updates = Array.from({ length: count }, (_, index) => underAuthor(section, index));
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  const byteCount = Y.encodeStateAsUpdate(doc).length;
  return { updates, text: doc.getText(TEXT_NAME).toString(), byteCount };
};

const sectionOf = (bytesMin: number): Uint8Array => {
  const keystrokes = Math.min(sectionKeystrokesMax, Math.ceil(bytesMin / bytesPerKeystroke / 2));
  const doc = new Y.Doc();
  for (const update of readKeystrokes(keystrokes).updates) Y.applyUpdate(doc, update);
  return Y.encodeStateAsUpdate(doc);
};

const numberBytes = (author: number): readonly number[] =>
  [0, 7, 14, 21, 28].map((shift, index) => {
    return (Math.floor(author / 2 ** shift) & 127) | (index < 4 ? 128 : 0);
  });

/** The update as another author would have made it. */
const underAuthor = (update: Uint8Array, index: number): Uint8Array => {
  const bytes = Buffer.from(update);
  const from = Buffer.from(numberBytes(AUTHOR));
  const to = Buffer.from(numberBytes(AUTHOR + index));
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 5)) bytes.set(to, at);
  return bytes;
};
