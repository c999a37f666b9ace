// axe-core finds nothing on the pages, in light and dark, wide and on a phone's width.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { violations } from "../lib/axe.mjs";
import { openBrowser } from "../lib/chromium.mjs";
import { newRoom } from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

const PAGES = ["/", "/contribute", "/watch"];
const SCHEMES = ["light", "dark"];
const WIDTHS_PX = [1280, 390];

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const path of PAGES) {
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS_PX) {
      test(`${path}, ${scheme}, ${width} px wide`, async () => {
        const tab = await browser.newTab();
        await tab.emulateMedia({ colorScheme: scheme });
        await tab.setViewportSize({ width, height: 844 });
        await tab.goto(`${server.url}${path}?room=${newRoom()}`);
        await tab.locator("main").waitFor();
        assert.deepEqual(await violations(tab), []);
        const overflow = await tab.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.ok(overflow <= 0, `the page is ${overflow} px wider than the window`);
        assert.deepEqual(tab.complaints, []);
        await tab.close();
      });
    }
  }
}
