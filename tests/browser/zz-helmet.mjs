import { openBrowser } from "./lib/chromium.mjs";
import { createServer } from "node:http"; import { readFile } from "node:fs/promises"; import path from "node:path";
const T={".js":"text/javascript",".html":"text/html",".wasm":"application/wasm"};
const s=createServer(async(q,r)=>{const p=decodeURIComponent(new URL(q.url,"http://x").pathname);let f=p.startsWith("/player/")?"/work/main/web/player/dist/"+p.slice(8):p.startsWith("/scenes/")?"/work/shared/scenes/"+p.slice(8):"/work/main/tests/browser/pages"+p;try{const b=await readFile(f);r.writeHead(200,{"content-type":T[path.extname(f)]??"application/octet-stream","content-length":b.length});r.end(b);}catch{r.writeHead(p==="/favicon.ico"?204:404).end();}});
await new Promise(r=>s.listen(8098,"127.0.0.1",r));
const b=await openBrowser(); const t=await b.newTab(); t.on("console",m=>console.log(m.type(),m.text()));
await t.setViewportSize({width:900,height:600});
await t.goto("http://127.0.0.1:8098/empty.html");
await t.evaluate((attrs)=>{const p=document.createElement("p2c2r-player");for(const [k,v] of Object.entries(attrs))p.setAttribute(k,v);for(const n of ["load","error","statechange","progress"])p.addEventListener(n,e=>console.log(n,Math.round(performance.now()),JSON.stringify(e.detail).slice(0,300)));document.body.append(p);p.style.width="880px";},JSON.parse(process.argv[2]));
const t0=Date.now();let st;
const shots=(process.argv[3]??"").split(",").filter(Boolean).map(Number);
while(Date.now()-t0<150000){st=await t.evaluate(()=>document.querySelector("p2c2r-player").state);if(st==="complete"||st==="error")break;await new Promise(r=>setTimeout(r,200));}
await new Promise(r=>setTimeout(r,300));await t.screenshot({path:"/work/scratch/helmet.png"});
if(shots.length){ const c=await t.locator("p2c2r-player").boundingBox(); await t.mouse.move(c.x+400,c.y+250); await t.mouse.down(); for(let i=0;i<20;i++){await t.mouse.move(c.x+400+i*8,c.y+250+i*2); await new Promise(r=>setTimeout(r,50));} await t.screenshot({path:"/work/scratch/drag.png"}); await t.mouse.up(); await new Promise(r=>setTimeout(r,2500)); await t.screenshot({path:"/work/scratch/after.png"}); }
console.log(st,Date.now()-t0,t.complaints);await b.close();s.close();process.exit(0);
