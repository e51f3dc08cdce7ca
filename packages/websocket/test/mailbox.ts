/** Events as something to await: what arrives is kept until a test asks for it, in order. */

/** Letters in order of arrival. */
export interface Mailbox<Letter> {
  readonly put: (letter: Letter) => void;
  /** The next letter, now or when it comes. */
  readonly next: () => Promise<Letter>;
  /** Letters that nobody has asked for yet. */
  readonly unread: readonly Letter[];
}

/** An empty mailbox. */
export const createMailbox = <Letter>(): Mailbox<Letter> => {
  const unread: Letter[] = [];
  const readers: ((letter: Letter) => void)[] = [];
  return {
    unread,
    put: (letter) => {
      const reader = readers.shift();
      if (reader === undefined) unread.push(letter);
      else reader(letter);
    },
    next: () =>
      new Promise((resolve) => {
        if (unread.length > 0) resolve(unread.shift() as Letter);
        else readers.push(resolve);
      }),
  };
};
