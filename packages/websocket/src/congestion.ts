/** When a reader counts as slow: above a high mark, until it is below a low one. */

/** The two marks. Between them nothing changes, so that the owner does not start and stop with every frame. */
export interface WaterMarks {
  /** Above this many buffered bytes the reader is congested. */
  readonly highWaterBytes: number;
  /** At this many buffered bytes or fewer it has drained. */
  readonly lowWaterBytes: number;
}

/** Whether the reader counts as congested, given whether it did and what is buffered for it now. */
const isCongestedNow = (wasCongested: boolean, bufferedBytes: number, marks: WaterMarks): boolean =>
  bufferedBytes > (wasCongested ? marks.lowWaterBytes : marks.highWaterBytes);

/** Tells its owner when the reader becomes congested and when it has drained, in turns. */
export interface CongestionGauge {
  readonly isCongested: boolean;
  /** Compares the bytes that are buffered now with the marks. */
  read(bufferedBytes: number): void;
}

/** A gauge for a connection that has nothing buffered. */
export const createCongestionGauge = (
  marks: WaterMarks,
  notify: { congested(): void; drained(): void },
): CongestionGauge => new Gauge(marks, notify);

/** A class, as all that each connection of a server has: closures of its own would be most of what an idle one costs. */
class Gauge implements CongestionGauge {
  readonly #marks: WaterMarks;
  readonly #notify: { congested(): void; drained(): void };
  #isCongested = false;

  constructor(marks: WaterMarks, notify: { congested(): void; drained(): void }) {
    this.#marks = marks;
    this.#notify = notify;
  }

  get isCongested(): boolean {
    return this.#isCongested;
  }

  read(bufferedBytes: number): void {
    const before = this.#isCongested;
    this.#isCongested = isCongestedNow(before, bufferedBytes, this.#marks);
    if (this.#isCongested && !before) this.#notify.congested();
    if (!this.#isCongested && before) this.#notify.drained();
  }
}
