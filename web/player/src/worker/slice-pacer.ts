// How much work a slice does, so that a worker looks at its messages often enough.

/** A slice aims at this; messages wait no longer than about twice of it. */
const SLICE_TARGET_MS = 16;

export class SlicePacer {
  readonly #least: number;
  readonly #most: number;
  /** From the speed of the last slice. */
  #work: number;

  /** Begins with `first` units of work and stays between `least` and `most`. */
  constructor(first: number, least: number, most: number) {
    this.#work = first;
    this.#least = least;
    this.#most = most;
  }

  /** Units of the next slice. */
  get work(): number {
    return this.#work;
  }

  /** A slice took so long. */
  observe(tookMs: number): void {
    // The clock is coarse, so a slice of no time at all only doubles.
    const scale = Math.min(2, Math.max(0.25, SLICE_TARGET_MS / Math.max(tookMs, 1)));
    this.#work = Math.min(this.#most, Math.max(this.#least, Math.round(this.#work * scale)));
  }
}
