/** What a value begins with in bytes. In a file of their own, since a bundler then puts the numbers where the names are. */

/** Null. */
export const nullTag = 0;
/** False. */
export const falseTag = 1;
/** True. */
export const trueTag = 2;
/** A number that is no safe integer, or -0: eight bytes follow, the most significant first. */
export const floatTag = 3;
/** An integer from 0 on: itself follows. */
export const positiveTag = 4;
/** An integer below 0: how far it is below -1 follows. */
export const negativeTag = 5;
/** Text: its bytes follow, after their count. */
export const textTag = 6;
/** Bytes: they follow, after their count. */
export const bytesTag = 7;
/** An array: its items follow, after their count. */
export const arrayTag = 8;
/** An object: its keys, ascending, each with its item, follow, after their count. */
export const objectTag = 9;
/** A big integer: its decimal digits follow as text. */
export const bigTag = 10;
