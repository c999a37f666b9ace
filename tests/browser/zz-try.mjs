import { openBrowser } from "./lib/chromium.mjs";
import { serveFiles } from "./lib/static-server.mjs";
const page = process.argv[2] ?? "player.html"; const out = process.argv[3] ?? "/work/scratch/shot.png";
const files = await serveFiles(); const b = await openBrowser({webgpu: process.argv[4]==="gpu"});
const tab = await b.newTab();
tab.on("console", m => console.log("console:", m.type(), m.text()));
await tab.goto(`${files.url}/${page}`);
const t0=Date.now();
let state;
while (Date.now()-t0 < 60000) { state = await tab.evaluate(()=>document.querySelector("p2c2r-player").state); if (state==="complete"||state==="error") break; await new Promise(r=>setTimeout(r,200)); }
console.log(state, Date.now()-t0, "ms", JSON.stringify(await tab.evaluate(()=>document.querySelector("p2c2r-player").getStats())));
await new Promise(r=>setTimeout(r,300));
await tab.screenshot({path: out}); console.log(tab.complaints);
await b.close(); await files.stop(); process.exit(0);
