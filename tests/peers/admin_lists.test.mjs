// The admin's lists in Chromium: order, filters, search and pages with their price, in-list editing, actions that are jobs, files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { AdminSite, COMMENTS, jobCounts, jobIsOver, picture, POSTS, price, said } from "./admin_site.mjs";
import { untilTrue } from "./sdk_settings.mjs";

const site = new AdminSite();
before(() => site.start());
after(() => site.stop());

const posts = "/admin/demo_app/post/";
const comments = "/admin/demo_app/comment/";
const column = (page, name) => page.getByRole("columnheader", { name });
// The texts of a column's cells; the first column is the one of boxes.
const cells = (page, number) => page.locator(`#changelist tbody tr > :nth-child(${number})`).allInnerTexts();
const units = async (page) => Number((await price(page)).match(/([\d.,]+) RCU/)[1].replace(",", ""));
async function counted(page) {
  await page.getByRole("link", { name: "Count exactly" }).click();
  await page.getByText(/^\d[\d,]* \w+$/).waitFor();
  return Number((await page.locator(".pages span").first().innerText()).replace(/\D/g, ""));
}

test("the index lists what may be seen, and what was done last", async () => {
  const page = await site.staff();
  for (const name of ["posts", "comments", "users", "session rows", "log entries"])
    await page.locator("main").getByRole("link", { name, exact: true }).waitFor();
  await page.getByRole("link", { name: "Add tag" }).click();
  await page.getByLabel("name").fill("Seen");
  await page.getByLabel("slug").fill("seen");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("link", { name: "Home" }).click();
  assert.match(await page.locator(".recent").innerText(), /Seen add, tag/);
  assert.match(await price(page), /^This page took \d+ calls?, [\d.]+ RCU, \$[\d.]+\.$/);
  await page.getByRole("link", { name: "Seen" }).click();
  assert.equal(await page.getByLabel("name").inputValue(), "Seen");
  await page.context().close();
});

test("an order that an index has is served; one that none has is refused, with the index that would serve", async () => {
  const page = await site.staff();
  await page.goto(posts);
  assert.equal(await column(page, "created at").getAttribute("aria-sort"), "descending");
  assert.match((await cells(page, 3))[0], /#1499$/);
  await column(page, "created at").getByRole("link").click();
  await page.waitForURL("**/?o=created_at");
  assert.equal(await column(page, "created at").getAttribute("aria-sort"), "ascending");
  assert.match((await cells(page, 3))[0], /#0$/);
  assert.ok(await units(page) < 60);
  await picture(page, "changelist");

  await column(page, "title").getByRole("link").click();
  await page.waitForURL("**/?o=title");
  const notice = await page.locator("p.notice").innerText();
  assert.match(notice, /No index gives the rows of Post in order of title\./);
  assert.match(notice, /ComputedIndex<&Post::listing, &Post::title>\{\.name = "by-title"\}, then \.\/manage dmakemigrations demo_app/);
  assert.equal(await column(page, "title").getAttribute("aria-sort"), "none");
  assert.equal((await cells(page, 3)).length, 50);
  await picture(page, "order-refused");

  await page.goto("/admin/demo_app/tag/?o=name"); // a small table is sorted
  const names = (await page.locator("#changelist tbody tr").evaluateAll((rows) => rows.map((row) => row.cells[2].innerText)));
  assert.deepEqual(names, [...names].sort());
  await page.context().close();
});

test("filters have counts, which search follows; the exact number comes when asked for, at its price", async () => {
  const page = await site.staff();
  await page.goto(posts);
  assert.match(await page.locator(".pages").innerText(), /about 1,500 posts.*Count exactly \(at most \d+ RCU\)/s);
  const pane = page.locator(".filters details", { hasText: "published" });
  await pane.getByRole("link", { name: "Yes 750" }).click();
  assert.equal(await pane.locator("[aria-current]").innerText(), "Yes 750");
  assert.ok((await cells(page, 6)).every((text) => text.includes("Yes")));
  assert.equal(await counted(page), POSTS / 2);

  await page.goto(posts);
  await page.keyboard.press("/");
  await page.keyboard.type("serverless");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/?q=serverless");
  await page.getByText("The best matches first.").waitFor();
  const found = (await page.locator(".pages span").first().innerText()).match(/^([\d,]+) posts$/)[1];
  assert.ok((await cells(page, 3))[0].includes("Serverless"));
  const [all, yes, no] = await pane.getByRole("link").allInnerTexts();
  assert.equal(all, "All");
  assert.equal(Number(yes.replace(/\D/g, "")) + Number(no.replace(/\D/g, "")), Number(found.replace(",", "")));
  await pane.getByRole("link", { name: "No" }).click();
  assert.ok(page.url().includes("q=serverless"), "a filter keeps the search");
  assert.ok((await cells(page, 6)).every((text) => text.includes("No")));
  await picture(page, "search");
  await page.goto(`${posts}?q=servreless`);
  await page.getByRole("link", { name: "serverless" }).click();
  assert.ok((await cells(page, 3)).length > 0, "the suggestion finds something");
  await page.context().close();
});

test("pages go forwards and back, and cost the same", async () => {
  const page = await site.staff();
  for (const path of [posts, comments, `${posts}?q=guide`]) {
    await page.goto(path);
    const seen = [await cells(page, 2)], prices = [await units(page)];
    for (let i = 0; i < 2; ++i) {
      await page.getByRole("link", { name: "Next" }).click();
      seen.push(await cells(page, 2));
      prices.push(await units(page));
    }
    assert.equal(new Set(seen.flat()).size, seen.flat().length, `${path}: no row twice`);
    assert.ok(Math.max(...prices.slice(1)) <= prices[0] + 6, `${path}: ${prices}`);
    for (let i = 1; i >= 0; --i) {
      await page.getByRole("link", { name: "Previous" }).click();
      assert.deepEqual(await cells(page, 2), seen[i], `${path}: back on page ${i}`);
    }
    assert.equal(await page.getByRole("link", { name: "Previous" }).count(), 0);
  }
  await page.context().close();
});

test("dates lead from years to months to days and back", async () => {
  const page = await site.staff();
  await page.goto(posts);
  const dates = page.getByRole("navigation", { name: "Dates" });
  const year = dates.getByRole("link").last();
  const number = await year.innerText();
  await year.click();
  assert.equal(await dates.getByRole("link").count(), 13, "all dates, and the months");
  assert.ok(await page.locator("#changelist tbody tr").count() > 0);
  for (const created of await cells(page, 9)) assert.match(created, new RegExp(`^${number}-`));
  const month = (await cells(page, 9))[0].slice(5, 7);
  await dates.getByRole("link").nth(Number(month)).click();
  for (const created of await cells(page, 9)) assert.match(created, new RegExp(`^${number}-${month}-`));
  const day = (await cells(page, 9))[0].slice(8, 10);
  await dates.getByRole("link", { name: String(Number(day)), exact: true }).click();
  for (const created of await cells(page, 9)) assert.match(created, new RegExp(`^${number}-${month}-${day}`));
  assert.ok(await units(page) < 60, "served by the index of the list");
  await picture(page, "dates");
  for (let level = 0; level < 3; ++level) await dates.getByRole("link").first().click();
  assert.equal(await dates.getByText("All dates").count(), 0);
  await page.context().close();
});

test("a filter that would read the whole table says so first, and what would serve it", async () => {
  const page = await site.staff();
  await page.goto(comments);
  await page.locator(".filters").getByRole("link", { name: "No" }).click();
  const warning = page.getByRole("region", { name: "This would read the whole table" });
  assert.match(await warning.innerText(), /About \d+ calls, [\d,]+ RCU, \$[\d.]+ for all of it, in pieces of at most 100 RCU a page/);
  assert.match(await warning.innerText(), /This index would serve: ComputedIndex</);
  await page.getByText("The migration that adds the index").click();
  const offer = await page.locator("details.notice").innerText();
  assert.match(offer, /\.\/manage dmakemigrations demo_app/);
  assert.match(offer, /"operation": "add_index"/);
  assert.equal(await page.locator("#changelist").count(), 0);
  assert.ok(await units(page) < 5, "nothing was read");
  await picture(page, "would-scan");
  await warning.getByRole("link", { name: "Read the table" }).click();
  assert.ok(await page.locator("#changelist tbody tr").count() > 0);
  assert.equal(await page.locator("#changelist tbody input[name^=row-]:checked").count(), 0);
  assert.ok(await units(page) <= 110);
  await page.context().close();
});

test("rows are edited in their list", async () => {
  const page = await site.staff();
  await page.goto(comments);
  const boxes = page.getByRole("checkbox", { name: /^approved of Comment by Reader/ });
  const names = [await boxes.nth(0).getAttribute("aria-label"), await boxes.nth(1).getAttribute("aria-label")];
  const before = await Promise.all(names.map((name) => page.getByRole("checkbox", { name, exact: true }).isChecked()));
  for (const name of names) await page.getByRole("checkbox", { name, exact: true }).click();
  await picture(page, "list-editing");
  await page.getByRole("button", { name: "Save the changes in this list" }).click();
  assert.match(await said(page), /2 comments were changed\./);
  await page.reload();
  for (const [i, name] of names.entries()) assert.equal(await page.getByRole("checkbox", { name, exact: true }).isChecked(), !before[i]);
  await page.context().close();
});

test("an action asks first, runs as a job, and can be undone", async () => {
  const page = await site.staff();
  const waiting = `${comments}?approved=false&scan=1`;
  await page.goto(waiting);
  await page.getByRole("button", { name: "Go" }).click();
  assert.match(await said(page), /Choose an action/);
  await page.goto(waiting);
  const rows = page.locator("#changelist tbody tr");
  const links = [await rows.nth(0).getByRole("link").first().getAttribute("href"), await rows.nth(1).getByRole("link").first().getAttribute("href")];
  await rows.nth(0).getByRole("checkbox", { name: "Choose" }).check();
  await rows.nth(1).getByRole("checkbox", { name: "Choose" }).check();
  await page.getByLabel("Action", { exact: true }).selectOption({ label: "Approve" });
  await page.getByRole("button", { name: "Go" }).click();
  assert.match(await page.locator("main").innerText(), /Approve: 2 chosen comments\..*Comment by .*Comment by/s);
  await picture(page, "action");
  await page.getByRole("button", { name: "Yes, go on" }).click();
  await jobIsOver(page);
  assert.deepEqual(await jobCounts(page), { done: 2, skipped: 0 });
  const job = page.url();
  for (const link of links) {
    await page.goto(link);
    assert.ok(await page.getByLabel("approved").isChecked());
  }
  await page.goto(job);
  await page.getByRole("button", { name: "Undo what it has done" }).click();
  await page.waitForURL((url) => url.href !== job);
  await jobIsOver(page);
  assert.deepEqual(await jobCounts(page), { done: 2, skipped: 0 });
  for (const link of links) {
    await page.goto(link);
    assert.ok(!await page.getByLabel("approved").isChecked());
  }
  await page.getByRole("banner").getByRole("link", { name: "Jobs" }).click();
  await page.getByRole("link", { name: "approve of demo_app/comment" }).waitFor();
  await page.context().close();
});

test("all rows of a list: progress, cancelled midway, and what was done is undone", async () => {
  const page = await site.staff();
  await page.goto(comments);
  const there = await counted(page);
  assert.ok(there >= COMMENTS);
  await page.goto(comments);
  await page.getByLabel("Choose every row of this page").check();
  assert.equal(await page.locator("input[name=chosen]:checked").count(), 50);
  await page.getByLabel(/all .* that this list has/).check();
  await page.getByLabel("Action", { exact: true }).selectOption({ label: "Delete" });
  await page.getByRole("button", { name: "Go" }).click();
  assert.match(await page.locator("main").innerText(), /Delete: all comments\./);
  await page.getByRole("button", { name: "Yes, go on" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await jobIsOver(page);
  assert.equal(await page.locator("#job-state").innerText(), "cancelled");
  const progress = await page.getByRole("progressbar", { name: "Progress" }).evaluate((bar) => bar.position);
  assert.ok(progress > 0 && progress < 1, `it stands at ${progress}`);
  const { done } = await jobCounts(page);
  assert.ok(done >= 100 && done < there, `${done} of ${there}`);
  await picture(page, "job");
  const job = page.url();
  await page.goto(comments);
  assert.equal(await counted(page), there - done);

  await page.goto(job);
  await page.getByRole("button", { name: "Undo what it has done" }).click();
  await page.waitForURL((url) => url.href !== job);
  await jobIsOver(page);
  assert.deepEqual(await jobCounts(page), { done, skipped: 0 });
  await page.goto(comments);
  assert.equal(await counted(page), there);
  await page.context().close();
});

async function downloaded(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
  return { name: file.suggestedFilename(), lines: readFileSync(await file.path(), "utf8").trimEnd().split(/\r?\n/) };
}

test("what is done to all rows of a search is done to the rows that it shows", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/post/add/");
  await page.getByLabel("title").fill("Far away");
  await page.getByLabel("body").fill("Of Zanzibar.");
  await page.getByRole("combobox", { name: "author" }).fill("bob");
  await page.getByRole("option", { name: "bob" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await untilTrue(async () => {
    await page.goto(`${posts}?q=zanzibar`); // a word of the text alone: the index has it, search_fields have not
    return (await page.locator("#changelist tbody tr").count()) === 1;
  });
  assert.match((await downloaded(page, "Export JSON lines")).lines.join(), /Far away/);
  await page.getByLabel(/all 1 that this list has/).check();
  await page.getByLabel("Action", { exact: true }).selectOption({ label: "Delete" });
  await page.getByRole("button", { name: "Go" }).click();
  await page.getByRole("button", { name: "Yes, go on" }).click();
  await jobIsOver(page);
  assert.deepEqual(await jobCounts(page), { done: 1, skipped: 0 });
  await page.context().close();
});

test("rows leave as CSV and as lines of JSON, and what a file would change is shown before it does", async () => {
  const page = await site.staff();
  await page.goto(`${posts}?published=true`);
  const published = await downloaded(page, "Export JSON lines");
  assert.equal(published.lines.length, POSTS / 2);
  assert.ok(published.lines.every((line) => JSON.parse(line).published.BOOL));
  await page.goto("/admin/demo_app/category/");
  const csv = await downloaded(page, "Export CSV");
  assert.equal(csv.name, "category.csv");
  assert.equal(csv.lines[0], "pk,name,slug,parent_pk,description");
  assert.equal(csv.lines.length, 7);
  await page.goto("/admin/demo_app/tag/");
  const tags = await downloaded(page, "Export JSON lines");
  const rows = tags.lines.map((line) => JSON.parse(line));
  assert.equal(tags.name, "tag.jsonl");
  assert.equal(rows.length, await page.locator("#changelist tbody tr").count());
  const tag = rows.find((row) => row.name.S === "Cloud");

  await page.getByRole("link", { name: "Import" }).click();
  const file = `pk,name,slug,colour\n${tag.pk.S},Cloud,cloud,#000000\n,Imported,imported,#123456\n,Wrong,not a slug,#123456\n`;
  await page.getByLabel("File").setInputFiles({ name: "tags.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.getByRole("button", { name: "Preview" }).click();
  assert.match(await page.locator(".notice").innerText(), /Nothing is written yet\. This file would add 1, change 1, leave 0 as they are; 1 lines? are refused/);
  const preview = await page.getByRole("region", { name: "Lines" }).innerText();
  assert.match(preview, /colour: #607d8b → #000000/);
  await picture(page, "import");
  assert.equal((await site.json("/api/tags/?limit=100")).tags.find((t) => t.name === "Cloud").colour, "#607d8b", "not yet");
  await page.getByRole("button", { name: "Write the good lines" }).click();
  await page.getByText("1 added, 1 changed, 0 the same, 1 refused.").waitFor();
  await untilTrue(async () => {
    const { tags: now } = await site.json("/api/tags/?limit=100");
    return now.find((t) => t.name === "Cloud").colour === "#000000" && now.some((t) => t.name === "Imported") && !now.some((t) => t.name === "Wrong");
  });
  await page.context().close();
});

test("no page complained", () => assert.deepEqual(site.complaints(), []));
