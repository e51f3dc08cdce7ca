/** A promise with its ends in one's own hands, for what is answered by an event. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A promise that is open. Rejecting it when nobody waits is no fault. */
export const createDeferred = (): Deferred => {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((whenResolved, whenRejected) => {
    resolve = whenResolved;
    reject = whenRejected;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
};
