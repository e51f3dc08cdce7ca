/** Waiting for something that other processes bring about. */

/** Resolves when the claim holds; rejects after `patienceMs`, with what `describe` says. Looks every few milliseconds, since no event tells of all of it. */
export const until = async (
  holds: () => boolean | Promise<boolean>,
  {
    patienceMs = 60_000,
    describe = () => "",
  }: { patienceMs?: number; describe?: () => string } = {},
): Promise<void> => {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) {
      throw new Error(`it did not come true in time: ${String(holds)} ${describe()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
