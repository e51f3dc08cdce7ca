/** Work that is put off to the end of the turn, so that all that the turn brings can be done at once. */

let due: (() => void)[] = [];

/**
 * Calls `work` when the code that runs now has come to its end, before the next event is looked at; in the order of the calls.
 *
 * There is one microtask for all: in Node each costs as much as a frame's encoding, and a broadcast asks for one for every reader.
 */
export const atTurnEnd = (work: () => void): void => {
  due.push(work);
  if (due.length === 1) queueMicrotask(finishTurn);
};

const finishTurn = (): void => {
  const works = due;
  due = [];
  let doneCount = 0;
  try {
    for (const work of works) {
      doneCount += 1;
      work();
    }
  } finally {
    // Something was thrown, which is its caller's to explain; the others' work is done all the same.
    for (const work of works.slice(doneCount)) atTurnEnd(work);
  }
};
