// Answers the session's questions to the trained model, which is loaded when the first one comes.

import type { Feed } from "./environment.js";
import { latencyModel } from "./model.js";

export class Forecast {
  readonly #feed: Feed;
  #isLost = false;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Answers rows of numbers; that there is no model is told once. */
  async answer(question: number, rows: Uint8Array): Promise<void> {
    if (this.#isLost) return;
    try {
      const model = await latencyModel();
      if (!model) throw new Error("it could not be loaded");
      const numbers = new Float32Array(rows.slice().buffer);
      const answers = model.predict(numbers);
      const bytes = new Uint8Array(answers.buffer, answers.byteOffset, answers.byteLength);
      this.#feed({ kind: "predicted", question }, [bytes]);
    } catch (reason) {
      if (this.#isLost) return;
      this.#isLost = true;
      const why = reason instanceof Error ? reason.message : String(reason);
      const message = `the trained model is not used, a heuristic is: ${why}`;
      this.#feed({ kind: "modelLost", message });
    }
  }
}
