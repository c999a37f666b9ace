// What the scheduler takes for one frame in Chromium: who gets which of 256 tasks, of 64 peers.

import { median, openPage, print, readArguments } from "./lib.mjs";

const PEERS = 64;
const TASKS = 256;
const WARM_UPS = 2;
const REPETITIONS = 9;
/** Decisions of one repetition: browsers' clocks are coarse. */
const ROUNDS = 200;
const BAR_MS = 1;

process.on("SIGTERM", () => process.exit(1));
const given = readArguments();
const page = await openPage(given, "decisions.html");
await page.tab.evaluate((peers) => globalThis.load(peers), PEERS);
const ours = [];
for (let round = 0; round < WARM_UPS + REPETITIONS; round += 1) {
  const { milliseconds, planned } = await page.tab.evaluate(
    ([tasks, rounds]) => globalThis.decide(tasks, rounds),
    [TASKS, ROUNDS],
  );
  if (planned !== TASKS) throw new Error(`${planned} of ${TASKS} tasks were planned`);
  if (round >= WARM_UPS) ours.push(milliseconds);
}
print(
  [
    {
      id: "decision-ms-wasm",
      value: median(ours),
      unit: "ms",
      against: "bar",
      ours,
      theirs: [BAR_MS],
    },
  ],
  given.only,
);
