// The Worker's clock: real time, shifted or stopped by the test. The shell sets it before each request.

const UNITS = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

export class Clock {
  #offset = 0;
  #frozenAt = null;

  /** Moves the clock: `clock.advance({days: 40})`. Negative amounts move it back. */
  advance(span) {
    const seconds = Object.entries(span).reduce((sum, [unit, n]) => sum + n * UNITS[unit], 0);
    if (this.#frozenAt !== null) this.#frozenAt += seconds * 1_000;
    else this.#offset += seconds * 1_000;
  }

  /** Stops the clock, so that a test can hit a second exactly. */
  freeze() {
    this.#frozenAt = Math.floor(this.now() / 1_000) * 1_000;
  }

  /** Milliseconds since 1970, for the Worker. */
  now() {
    return this.#frozenAt ?? Date.now() + this.#offset;
  }

  /** Whole seconds since 1970, for the Worker. */
  seconds() {
    return Math.floor(this.now() / 1_000);
  }

  /** For libraries that check times. */
  date() {
    return new Date(this.now());
  }

  toJSON() {
    return { offset: this.#offset, frozenAt: this.#frozenAt };
  }
}
