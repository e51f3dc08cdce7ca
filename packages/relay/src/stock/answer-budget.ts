/** How much a client may ask: three bytes of a step 1 can cost megabytes of answer, so answers come from a bucket that fills slowly. */

/** A bucket of answers. */
export interface AnswerBudget {
  /** How long to wait before the next answer, in milliseconds; 0 if it may be given now. */
  waitMs(nowMs: number): number;
  /** An answer of this size is given: it counts as one, or as several if it is large, on credit if need be. */
  spend(sizeBytes: number, nowMs: number): void;
}

/** A full bucket of `answersMax` answers, which fills in `answersPerMs`; `answerBytes` is what one of them may hold. */
export const createAnswerBudget = (
  settings: {
    readonly answersMax: number;
    readonly answersPerMs: number;
    readonly answerBytes: number;
  },
  nowMs: number,
): AnswerBudget => {
  const { answersMax, answersPerMs, answerBytes } = settings;
  let level = answersMax;
  let atMs = nowMs;
  const fill = (timeMs: number): void => {
    level = Math.min(answersMax, level + ((timeMs - atMs) / answersPerMs) * answersMax);
    atMs = timeMs;
  };
  return {
    waitMs: (timeMs) => {
      fill(timeMs);
      return level >= 1 ? 0 : Math.ceil(((1 - level) / answersMax) * answersPerMs);
    },
    spend: (sizeBytes, timeMs) => {
      fill(timeMs);
      level -= Math.max(1, sizeBytes / answerBytes);
    },
  };
};
