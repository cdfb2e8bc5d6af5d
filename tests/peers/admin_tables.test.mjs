// The admin's pages of any table, and the debug panel, in Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { violations } from "./accessibility.mjs";
import { AdminSite, picture, price, said } from "./admin_site.mjs";

const site = new AdminSite();
before(() => site.start());
after(() => site.stop());

const digits = "12345678901234567890123456789012345678"; // 38, which no double holds
const item = {
  pk: { S: "kept exactly" }, number: { N: digits }, numbers: { NS: ["-0.000001", digits, "3"] }, names: { SS: ["a", "b"] },
  bytes: { B: "AAECAwQ=" }, blobs: { BS: ["//8=", "AA=="] }, nothing: { NULL: true }, yes: { BOOL: true },
  list: { L: [{ N: "1" }, { M: { deep: { N: `0.${digits}` } } }] }, empty: { S: "" },
};
const sorted = (value) => (Array.isArray(value) ? value.map((entry) => (typeof entry === "string" ? entry : sorted(entry))).sort()
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, sorted(entry)]).sort())
    : value);
const shown = async (page) => JSON.parse(await page.getByLabel("Item").inputValue());

test("an item of a table without a model is written and edited, and nothing of it is lost", async () => {
  const page = await site.staff();
  await page.getByRole("banner").getByRole("link", { name: "Tables" }).click();
  assert.equal((await page.getByRole("row", { name: "ddbdjango_leases" }).innerText()).replace(/\s+/g, " "), "ddbdjango_leases -");
  await page.getByRole("link", { name: "ddbdjango_leases" }).click();
  assert.match(await page.getByRole("region", { name: "Description" }).innerText(), /Key\s+pk \(S\).*Time to live.*Stream/s);
  await page.getByRole("link", { name: "Add item" }).click();
  await page.getByLabel("Item").fill(JSON.stringify(item));
  await page.getByRole("button", { name: "Write" }).click();
  assert.match(await said(page), /The item was written\./);
  const stored = page.url();
  assert.deepEqual(sorted(await shown(page)), sorted({ ...item, list: item.list }));
  await picture(page, "item");

  const stale = await page.context().newPage();
  await stale.goto(stored);
  await page.getByLabel("Item").fill((await page.getByLabel("Item").inputValue()).replace('"a"', '"c"'));
  await page.getByRole("button", { name: "Write" }).click();
  assert.deepEqual(sorted(await shown(page)), sorted({ ...item, names: { SS: ["b", "c"] } }));
  await stale.getByLabel("Item").fill((await stale.getByLabel("Item").inputValue()).replace('"a"', '"d"'));
  await stale.getByRole("button", { name: "Write" }).click();
  assert.match(await stale.getByRole("alert").innerText(), /not what was shown: nothing was written/);
  await page.goto(stored);
  await page.getByLabel("Item").fill('{"pk": {"S": "kept exactly"}, "number": {"N": "many"}}');
  await page.getByRole("button", { name: "Write" }).click();
  await page.getByRole("alert").waitFor();
  await page.goto(stored);
  await page.getByRole("button", { name: "Delete" }).click();
  assert.match(await said(page), /The item was deleted\./);
  await page.context().close();
});

test("a query's plan and price come before it runs", async () => {
  const { posts: [post] } = await site.json("/api/posts/search/?limit=1");
  const page = await site.staff();
  await page.goto("/admin/tables/demo_app_post/");
  const plan = page.locator(".notice");
  await page.getByRole("button", { name: "Show the plan and its price" }).click();
  assert.match(await plan.innerText(), /Scan.*This page: about .*RCU.*All of it: at most about 60 calls, \d[\d,]* RCU/s);
  assert.equal(await page.getByRole("heading", { name: "Items", exact: true }).count(), 0, "nothing ran");

  await page.getByLabel("Of", { exact: true }).selectOption("slug-index");
  await page.getByLabel("Partition key").fill(post.slug);
  await page.getByRole("button", { name: "Show the plan and its price" }).click();
  assert.match(await plan.innerText(), /Query.*slug-index/s);
  assert.match(await price(page), /\b2 calls, 2 RCU/); // session and user
  await picture(page, "table");
  await page.getByRole("button", { name: "Run" }).click();
  assert.match(await page.locator("section.module").innerText(), new RegExp(post.slug));
  await page.getByRole("link", { name: "Open this item" }).click();
  assert.equal((await shown(page)).title.S, post.title);

  await page.goto("/admin/tables/demo_app_post/");
  await page.getByLabel("Items to look at").fill("5");
  await page.getByRole("button", { name: "Run" }).click();
  const first = await page.locator("section.module").allInnerTexts();
  await page.getByRole("link", { name: "Next page" }).click();
  const second = await page.locator("section.module").allInnerTexts();
  assert.equal(new Set([...first, ...second]).size, 10);
  await page.context().close();
});

test("PartiQL reads and writes, and says what is wrong", async () => {
  const page = await site.staff();
  await page.goto("/admin/tables/partiql/");
  const run = async (statement) => {
    await page.getByLabel("Statement").fill(statement);
    await page.getByRole("button", { name: "Run" }).click();
    return page.locator("main").innerText();
  };
  assert.match(await run(`INSERT INTO "ddbdjango_leases" VALUE {'pk': 'by hand', 'n': ${digits}}`), /0 items/);
  assert.match(await run(`SELECT * FROM "ddbdjango_leases" WHERE pk = 'by hand'`), new RegExp(`1 items?.*"N": ?"${digits}"`, "s"));
  await picture(page, "partiql");
  await run(`SELECT FROM nowhere`);
  await page.getByRole("alert").waitFor();
  assert.match(await run(`DELETE FROM "admin_logentry" WHERE id = 'x'`), /append-only/);
  await page.context().close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the debug panel lists a page's calls, ${colorScheme}`, async () => {
    const page = await site.staff({ colorScheme, bypassCSP: true });
    await page.goto("/admin/demo_app/comment/");
    const toolbar = page.getByRole("complementary", { name: "Debug toolbar" });
    const calls = Number((await toolbar.innerText()).match(/^(\d+) calls/)[1]);
    await toolbar.getByRole("link").click();
    assert.equal(await page.locator(".calls > li").count(), calls);
    const scan = page.locator(".calls > li", { hasText: "Scan" });
    assert.match(await scan.innerText(), /demo_app_comment/);
    await scan.locator("summary").click();
    assert.match(await scan.locator("pre").innerText(), /"TableName": ?"demo_app_comment"/);
    assert.deepEqual(await violations(page), [], "a request");
    await picture(page, `debug-${colorScheme}`);
    await page.getByRole("link", { name: "Debug panel" }).click();
    await page.getByRole("link", { name: "GET /admin/demo_app/comment/" }).first().waitFor();
    assert.deepEqual(await violations(page), [], "the list");
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 390);
    await page.context().close();
  });
}

test("no page complained", () => assert.deepEqual(site.complaints(), []));
