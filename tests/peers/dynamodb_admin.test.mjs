// dynamodb-admin's pages in Chromium: what a developer does with a local database all day.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { isDdbLocal, randomName, untilTrue } from "./sdk_settings.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const pictures = join(process.env.DDB_BUILD ?? join(here, "../../build"), "browser");
const table = randomName();
let admin, url, browser, page;
const problems = []; // what the pages themselves complain of

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer().once("error", reject).listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  admin = spawn(process.execPath, [join(here, "node_modules/dynamodb-admin/dist/dynamodb-admin.js"), "--host", "127.0.0.1", "--port", String(port),
    "--dynamo-endpoint", process.env.DDB_ENDPOINT], { stdio: ["ignore", "inherit", "inherit"] });
  await untilTrue(() => fetch(url).then((response) => response.status > 0, () => false));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("response", (response) => { if (response.status() >= 500) problems.push(`${response.status()} ${response.url()}`); });
  page.on("dialog", (dialog) => dialog.accept());
  mkdirSync(pictures, { recursive: true });
});
after(async () => {
  await browser?.close();
  admin?.kill();
});

const edit = (item) => page.evaluate((text) => editor.setValue(text), JSON.stringify(item));
const rows = () => page.locator("#items-container tr").allInnerTexts();
// The text of rows once there are `count`.
async function items(count) {
  await page.waitForFunction((n) => document.querySelectorAll("#items-container tr").length === n, count);
  return (await rows()).map((text) => text.replace(/\s+/g, " ").trim());
}

test("a table is created with its form", async () => {
  await page.goto(`${url}/create-table`);
  await page.fill("#TableName", table);
  await page.fill("#HashAttributeName", "id");
  await page.fill("#RangeAttributeName", "year");
  await page.selectOption('select[name="RangeAttributeType"]', "N");
  await page.fill("#ReadCapacityUnits", "3");
  await page.fill("#WriteCapacityUnits", "3");
  await page.click("#saveButton");
  await page.waitForURL((address) => !address.pathname.endsWith("/create-table"));
  await page.goto(url);
  await page.locator(`[data-table-name="${table}"]`).waitFor();
  await page.goto(`${url}/tables/${table}/meta`);
  assert.match(await page.innerText("body"), /ACTIVE/);
});

test("items are put, seen and edited", async () => {
  for (const [id, year, tags] of [["dune", 1965, ["sand"]], ["emma", 1815, []], ["ubik", 1969, ["spray", "é😀"]]]) {
    await page.goto(`${url}/tables/${table}/add-item`);
    await edit({ id, year, tags, nested: { price: 9.5, none: null } });
    await page.click("#saveButton");
    await page.waitForURL(/\/items\//);
  }
  await page.goto(`${url}/tables/${table}`);
  const seen = await items(3);
  for (const id of ["dune", "emma", "ubik"]) assert.equal(seen.filter((text) => text.includes(id)).length, 1);
  await page.screenshot({ path: join(pictures, `dynamodb_admin_${isDdbLocal ? "ddb_local" : "dynamodb_local"}.png`) });

  await page.goto(`${url}/tables/${table}/items/${encodeURIComponent("dune,1965")}`);
  const shown = JSON.parse(await page.evaluate(() => editor.getValue()));
  assert.deepEqual(shown, { id: "dune", year: 1965, tags: ["sand"], nested: { price: 9.5, none: null } });
  await edit({ ...shown, tags: ["sand", "worms"] });
  await Promise.all([page.waitForResponse((response) => response.request().method() === "PUT" && response.ok()), page.click("#saveButton")]);
  await page.reload();
  assert.deepEqual(JSON.parse(await page.evaluate(() => editor.getValue())).tags, ["sand", "worms"]);
});

test("scan with a filter and query by key", async () => {
  const filtered = (operationType, filters) =>
    page.goto(`${url}/tables/${table}?${new URLSearchParams({ operationType, queryableSelection: "table", filters: JSON.stringify(filters) })}`);
  await filtered("scan", { year: { type: "N", operator: ">", value: "1900" } });
  assert.equal((await items(2)).filter((text) => text.includes("emma")).length, 0);
  await filtered("query", { id: { type: "S", operator: "=", value: "ubik" } });
  assert.match((await items(1))[0], /ubik/);
});

test("an item and the table are deleted", async () => {
  await page.goto(`${url}/tables/${table}/items/${encodeURIComponent("emma,1815")}`);
  await page.click("button.btn-danger");
  await page.waitForURL(new RegExp(`/tables/${table}$`));
  assert.equal((await items(2)).filter((text) => text.includes("emma")).length, 0);
  await page.goto(url);
  const answered = page.waitForResponse((response) => response.request().method() === "DELETE");
  const reloaded = page.waitForEvent("load"); // what the page does then; a goto() meanwhile would be interrupted
  await page.locator(`[data-table-name="${table}"] a[onclick^="deleteTable"]`).click();
  assert.ok((await answered).ok());
  await reloaded;
  await untilTrue(async () => {
    await page.goto(url);
    return await page.locator(`[data-table-name="${table}"]`).count() === 0;
  });
  assert.deepEqual(problems, []);
});
