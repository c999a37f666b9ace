// The time of the scene's animation: it stands, or runs with the screen and begins again at its end.

export class AnimationClock {
  readonly #onTime: (seconds: number) => void;
  #seconds = 0;
  #duration = 0;
  #frame: number | null = null;

  /** `onTime` is called whenever the time is another. */
  constructor(onTime: (seconds: number) => void) {
    this.#onTime = onTime;
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** Goes to a time; running or not, it goes on from there. */
  set(seconds: number): void {
    if (seconds === this.#seconds) return;
    this.#seconds = seconds;
    this.#onTime(seconds);
  }

  /** Runs where `isWanted` and the animation has a length; else it stands. */
  run(isWanted: boolean, durationSeconds: number): void {
    this.#duration = durationSeconds;
    const isRunning = this.#frame !== null;
    if (isRunning === (isWanted && durationSeconds > 0)) return;
    if (isRunning) this.stop();
    else this.#frame = requestAnimationFrame((now) => this.#tick(now, now));
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #tick(before: number, now: number): void {
    this.#frame = requestAnimationFrame((next) => this.#tick(now, next));
    // A hidden page gets no frames: the animation goes on where it was.
    const step = Math.min(Math.max(now - before, 0), LONGEST_STEP_MS) / 1000;
    this.set((this.#seconds + step) % this.#duration);
  }
}

const LONGEST_STEP_MS = 250;
