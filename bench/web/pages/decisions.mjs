// Lets the scheduler decide over and over; the measuring script calls what is global here.

import start, { Decisions } from "/package/p2c2r_bench_web.js";

let decisions = null;

/** Makes a scheduler that knows so many peers. */
globalThis.load = (peers) => {
  decisions?.free();
  decisions = new Decisions(peers);
};

/** Mean milliseconds of a decision about so many tasks, and how many of them were planned. */
globalThis.decide = (tasks, rounds) => {
  const started = performance.now();
  const planned = decisions.decide(tasks, rounds);
  return { milliseconds: (performance.now() - started) / rounds, planned };
};

await start();
globalThis.isReady = true;
