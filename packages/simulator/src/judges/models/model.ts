/** An object as one client alone would see it: what `linearizable` is measured by. */

/**
 * The sequential specification of an object (Herlihy and Wing 1990, §2.2), with states that may stand for several.
 *
 * `State` is plain data that `step` never changes. A state may stand for a set of concrete ones ("some version above 7"), so that an
 * operation of unknown outcome does not fork into infinitely many.
 */
export interface Model<State, Input, Output> {
  /** What the object is called in a verdict. */
  readonly name: string;
  readonly initial: State;
  /** Stands for every state that the object can be in. */
  readonly anything: State;
  isInput(value: unknown): value is Input;
  isOutput(value: unknown): value is Output;
  /**
   * The states after the operation, taken together exactly those in which it can leave the object; none if it cannot end so.
   *
   * An `output` of undefined is one that nobody knows, and stands for all. A state that stands for several may be answered with too many, never
   * with too few.
   */
  step(state: State, input: Input, output: Output | undefined): readonly State[];
  /** Equal for equal states only. */
  keyOf(state: State): string;
  /** Whether `larger` stands for everything that `smaller` stands for. `false` is always allowed, and makes the search slower. */
  contains(larger: State, smaller: State): boolean;
  /** Whether an operation that ended so may be left out of every history: it changes nothing, or nothing that could not change by itself. */
  isReading(input: Input, output: Output | undefined): boolean;
  /**
   * Whether an operation of unknown outcome that came just before this one could as well have been left out: this one leads to nothing with it that
   * it would not lead to without. `false` is always allowed, and makes the search slower.
   */
  overwrites(input: Input): boolean;
  /** What it did, to stand behind a name (`read 3`), and the same as a noun, to stand behind a genitive (`read of 3`). */
  describe(input: Input, output: Output | undefined): Description;
  /** How it is a plain register, if it is one: see `zones.ts`. */
  readonly asRegister?: AsRegister<Input, Output>;
}

/** An object of which operations are reads and writes of whole values, as texts that are equal for equal values. */
export interface AsRegister<Input, Output> {
  readonly initialValue: string;
  /** What it wrote or read; a null value for a read of unknown outcome. */
  use(
    input: Input,
    output: Output | undefined,
  ): { readonly isWrite: boolean; readonly value: string | null };
}

/** An operation in words. */
export interface Description {
  readonly did: string;
  readonly noun: string;
}
