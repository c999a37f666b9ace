// Answers the session's questions to the trained models, each of which is loaded when the first one comes.

import type { Feed } from "./environment.js";
import { costModel, latencyModel } from "./model.js";
import type { CostModel, LatencyModel } from "./predictor.js";

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
      this.#feed({ kind: "predicted", question }, [predict(model, rows)]);
    } catch (reason) {
      if (this.#isLost) return;
      this.#isLost = true;
      const why = reason instanceof Error ? reason.message : String(reason);
      const message = `the trained model is not used, a heuristic is: ${why}`;
      this.#feed({ kind: "modelLost", message });
    }
  }

  /** Answers rows about cells of a film; without a model nothing comes, and what is measured must do. */
  async answerCosts(question: number, rows: Uint8Array): Promise<void> {
    try {
      const model = await costModel();
      if (model) this.#feed({ kind: "costsPredicted", question }, [predict(model, rows)]);
    } catch (reason) {
      console.warn("the cost model does not answer:", reason);
    }
  }
}

function predict(model: LatencyModel | CostModel, rows: Uint8Array): Uint8Array {
  const answers = model.predict(new Float32Array(rows.slice().buffer));
  return new Uint8Array(answers.buffer, answers.byteOffset, answers.byteLength);
}
