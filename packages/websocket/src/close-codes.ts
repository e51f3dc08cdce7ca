/** The codes with which connections end, and what may go on the wire as one. */
import { assert } from "@syncline/machine";

/**
 * The close codes that this package itself gives, by what they mean.
 *
 * `lost` never travels: it is what an end without a word is reported as (RFC 6455, §7.1.5).
 * The package's own are outside 4400–4499, which stock y-websocket clients, like ours, take as final.
 */
export const closeCode = {
  normal: 1000,
  protocolError: 1002,
  textFrame: 1003,
  lost: 1006,
  invalidText: 1007,
  tooManyParts: 1008,
  tooLarge: 1009,
  handlerFailed: 1011,
  restart: 1012,
  stuckReader: 1013,
  silent: 4100,
  notInTime: 4101,
} as const;

/** True for 4400–4499: the other side will refuse the next attempt too (who you are, what you ask for), so none is made. */
export const isPermanent = (code: number): boolean => code >= 4400 && code <= 4499;

/** True for a code that a program may put into a close frame (RFC 6455, §7.4). */
const isSendable = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999);

/** The code as a server may send it; one that no program may send is a bug of the caller. */
export const serverCode = (code: number): number => {
  assert(isSendable(code), "a close code is one that a program may send");
  return code;
};

/** The code as a browser may send it: only 1000 and 3000–4999 are free to pages, so 1001–1014 travel as 4001–4014. */
export const browserCode = (code: number): number => {
  assert(isSendable(code), "a close code is one that a program may send");
  return code > 1000 && code < 3000 ? code + 3000 : code;
};

/**
 * The close code that `ws` has sent for an error of its own finding, or null if the error is the network's.
 *
 * `ws` reports such an end as 1006, since the other side did not confirm it.
 */
export const codeOfError = (error: Error & { readonly code?: unknown }): number | null => {
  if (typeof error.code !== "string" || !error.code.startsWith("WS_ERR_")) return null;
  if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return closeCode.tooLarge;
  if (error.code === "WS_ERR_TOO_MANY_BUFFERED_PARTS") return closeCode.tooManyParts;
  return error.code === "WS_ERR_INVALID_UTF8" ? closeCode.invalidText : closeCode.protocolError;
};

const reasonBytesMax = 123;

/** The reason, cut at a character's end so that its UTF-8 fits into a close frame (123 bytes). */
export const cutReason = (reason: string): string => {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(reasonBytesMax));
  return reason.slice(0, read);
};
