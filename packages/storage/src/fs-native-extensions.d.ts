/** The part of `fs-native-extensions` that is used here; it brings no types of its own. */
declare module "fs-native-extensions" {
  /** Locks the whole file exclusively for this open descriptor, which must be writable; false if another holds it. */
  export const tryLock: (descriptor: number) => boolean;
}
