/** Names of spaces and documents: paths of segments, checked at the API and again by every home. */
import { SyncError } from "@syncline/machine";

/** The most bytes of UTF-8 in one segment of a name. */
export const SEGMENT_BYTES_MAX = 128;
/** The most bytes of UTF-8 in a whole name. */
export const NAME_BYTES_MAX = 1024;

/** What is wrong with the name, as the end of a sentence that begins with it, or null if it is good. */
export const whyBadName = (name: string): string | null => {
  if (name.length === 0) return "is empty";
  // Ill-formed UTF-16 would reach the other side as another name: the author and the reader would be in two spaces.
  if (!isWellFormed(name)) return "has half of a surrogate pair";
  if (hasControlCharacter(name)) return "has a control character";
  if (utf8Length(name) > NAME_BYTES_MAX) return `is longer than ${NAME_BYTES_MAX} bytes`;
  for (const segment of name.split("/")) {
    if (segment.length === 0) return "has an empty segment";
    if (utf8Length(segment) > SEGMENT_BYTES_MAX) {
      return `has a segment longer than ${SEGMENT_BYTES_MAX} bytes`;
    }
  }
  return null;
};

/** Throws a `SyncError` with code `BAD_NAME` unless the name is good; `what` says of what: "space", "document". */
export const checkName = (what: string, name: string): void => {
  const why = whyBadName(name);
  if (why !== null) {
    throw new SyncError(
      "BAD_NAME",
      `the name of a ${what} ${why}: ${JSON.stringify(name.slice(0, 80))}`,
    );
  }
};

const hasControlCharacter = (text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  }
  return false;
};

/** With the `u` flag only halves that stand alone count as surrogates. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const utf8Length = (text: string): number => {
  let byteCount = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    byteCount += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return byteCount;
};
