// Prints the sizes of modules and pages beside their budgets, as JSON.

import { measureSizes } from "./lib/sizes.mjs";

process.on("SIGTERM", () => process.exit(1));
console.log(JSON.stringify(await measureSizes()));
process.exit();
