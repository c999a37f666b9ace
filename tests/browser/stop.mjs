// Prints, for some visits, the milliseconds from the click on Stop to the last sign of work, as JSON.

import { ACTIVITY_SCRIPT } from "./lib/activity.mjs";
import { visit, workOf } from "./lib/consent.mjs";
import { startServer } from "./lib/programs.mjs";
import { proxyWorkers } from "./lib/proxy.mjs";

const VISITS = ["cpu", "gpu", "cpu", "gpu", "cpu", "gpu"];

process.on("SIGTERM", () => process.exit(1));
const server = await startServer();
const proxy = await proxyWorkers(server.url, ACTIVITY_SCRIPT);
const times = [];
for (const device of VISITS) {
  const { log, stoppedAt } = await visit(server.url, proxy.url, device);
  times.push(Math.max(0, ...workOf(log).map(({ at }) => at - stoppedAt)));
}
await proxy.stop();
await server.stop();
console.log(JSON.stringify(times));
process.exit();
