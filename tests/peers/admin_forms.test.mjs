// The admin's forms in Chromium: rows with all that hangs on them, popups, deletion, history, and edits that meet.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AdminSite, picture, said } from "./admin_site.mjs";

const site = new AdminSite();
before(() => site.start());
after(() => site.stop());

const button = (page, name) => page.getByRole("button", { name, exact: true });
// Chooses a row in a combobox by what it is called.
async function choose(page, box, text) {
  await box.fill(text);
  await page.getByRole("option", { name: text, exact: true }).click();
}
const inline = (page, number) => page.locator(".inline-row").nth(number);
async function anyPost(title) {
  const { posts } = await site.json(`/api/posts/search/?limit=1&q=${encodeURIComponent(title)}`);
  return `/admin/demo_app/post/${posts[0].pk}/change/`;
}

test("a post is added with its links and categories: slug, combobox, panes, rows, popup", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/post/add/");
  await page.getByLabel("title").fill("Über C++ & more!");
  assert.equal(await page.getByLabel("slug").inputValue(), "uber-c-more");
  await page.getByLabel("slug").fill("by-hand");
  await page.getByLabel("title").fill("All at once");
  assert.equal(await page.getByLabel("slug").inputValue(), "by-hand", "a slug that was typed stays");
  await page.getByLabel("body").fill("With everything.");

  const author = page.getByRole("combobox", { name: "author" });
  await author.fill("ali");
  await page.getByRole("option", { name: "alice" }).waitFor();
  await author.press("ArrowDown");
  await author.press("Enter");
  assert.equal(await author.inputValue(), "alice");
  assert.match(await page.locator("input[name=author_pk]").inputValue(), /^[0-9a-f-]{36}$/);

  const panes = page.getByRole("group", { name: "labels" });
  await panes.getByLabel("Filter available labels").fill("test");
  await panes.getByLabel("Available labels", { exact: true }).selectOption({ label: "Testing" });
  await panes.getByRole("button", { name: "Choose" }).click();
  await panes.getByLabel("Filter available labels").fill("");
  await panes.getByLabel("Available labels", { exact: true }).selectOption([{ label: "Cloud" }, { label: "Design" }]);
  await panes.getByRole("button", { name: "Choose" }).click();
  await panes.getByLabel("Chosen labels", { exact: true }).selectOption({ label: "Design" });
  await panes.getByRole("button", { name: "Remove" }).click();

  // A row is looked up in a popup, which gives its key back.
  const [popup] = await Promise.all([page.waitForEvent("popup"), inline(page, 0).getByRole("link", { name: "Look up" }).click()]);
  const there = popup.getByRole("row", { name: "Databases" });
  await there.waitFor();
  await picture(popup, "popup");
  await Promise.all([popup.waitForEvent("close"), there.locator("a.row").click()]);
  const category = await inline(page, 0).getByLabel("category of new post category").inputValue();
  assert.match(category, /^[0-9a-f-]{36}$/);
  await inline(page, 0).getByLabel("order of").fill("7");
  const rows = await page.locator(".inline-row").count();
  await button(page, "Add another").click();
  assert.equal(await page.locator(".inline-row").count(), rows + 1);
  await picture(page, "add");
  await button(page, "Save and continue editing").click();
  assert.match(await said(page), /The post "All at once" was added\./);
  const change = page.url();

  assert.equal(await page.getByRole("combobox", { name: "author" }).inputValue(), "alice");
  assert.deepEqual((await page.getByLabel("Chosen labels").locator("option").allInnerTexts()).sort(), ["Cloud", "Testing"]);
  assert.equal(await inline(page, 0).getByLabel("category of").inputValue(), category);
  assert.equal(await inline(page, 0).getByLabel("order of").inputValue(), "7");
  await page.locator(".inline legend").scrollIntoViewIfNeeded();
  await picture(page, "change");

  await inline(page, 0).getByLabel("order of").fill("8");
  await button(page, "Save and continue editing").click();
  assert.equal(await inline(page, 0).getByLabel("order of").inputValue(), "8");
  await inline(page, 0).getByRole("checkbox", { name: "Delete" }).check();
  await button(page, "Save").click();
  assert.equal(new URL(page.url()).pathname, "/admin/demo_app/post/");
  await page.goto(change);
  assert.equal(await inline(page, 0).getByLabel("category of").inputValue(), "");
  await page.context().close();
});

test("a related row is added in a popup and chosen", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/post/add/");
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Add author" }).click()]);
  await popup.getByLabel("username").fill("zoe");
  await Promise.all([popup.waitForEvent("close"), button(popup, "Save").click()]);
  assert.equal(await page.getByRole("combobox", { name: "author" }).inputValue(), "zoe");
  await page.context().close();
});

test("an inline without empty rows gets one; a related row is changed in a popup; Control+K finds it", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/author/add/");
  await page.getByLabel("username").fill("paul");
  await button(page, "Add another").click();
  await page.getByLabel("location").fill("Rome");
  await button(page, "Save and continue editing").click();
  assert.equal(await page.getByLabel("location").inputValue(), "Rome");
  assert.equal(await button(page, "Add another").count(), 0, "a one-to-one has one row");
  const paul = page.url().match(/[0-9a-f-]{36}/)[0];

  await page.goto(`/admin/demo_app/post/add/?author_pk=${paul}`);
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Change author" }).click()]);
  await popup.getByLabel("username").fill("paula");
  await Promise.all([popup.waitForEvent("close"), button(popup, "Save").click()]);
  assert.equal(await page.getByRole("combobox", { name: "author" }).inputValue(), "paula");

  await page.keyboard.press("Control+k");
  await page.keyboard.type("paula");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/admin/find/?q=paula");
  await page.getByRole("link", { name: "paula" }).click();
  assert.ok(page.url().includes(paul));
  await page.context().close();
});

test("mistakes are shown where they are, and nothing is saved", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/tag/add/");
  await page.getByLabel("name").fill("Cloud");
  await page.getByLabel("slug").fill("not a slug");
  await page.locator("#rowform").evaluate((form) => { form.noValidate = true; });
  await button(page, "Save").click();
  await page.getByText("Nothing was saved").waitFor();
  const slug = page.getByLabel("slug");
  assert.equal(await slug.getAttribute("aria-invalid"), "true");
  await page.locator(`#${(await slug.getAttribute("aria-describedby")).split(" ")[0]}`).waitFor();
  assert.equal(await slug.inputValue(), "not a slug");
  await slug.fill("cloud-two");
  await button(page, "Save").click();
  assert.match(await page.locator("main").innerText(), /already/i, "a unique name");
  await page.context().close();
});

test("save and add another, save as new", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/tag/add/");
  await page.getByLabel("name").fill("First");
  await page.getByLabel("slug").fill("first");
  await button(page, "Save and add another").click();
  assert.match(await said(page), /"First" was added/);
  assert.equal(await page.getByLabel("name").inputValue(), "");
  await page.getByLabel("name").fill("Second");
  await page.getByLabel("slug").fill("second");
  await button(page, "Save and continue editing").click();
  const second = page.url();
  await page.getByLabel("name").fill("Third");
  await page.getByLabel("slug").fill("third");
  await button(page, "Save as new").click();
  assert.match(await said(page), /"Third" was added/);
  assert.notEqual(page.url(), second);
  await page.goto(second);
  assert.equal(await page.getByLabel("name").inputValue(), "Second");
  await page.context().close();
});

test("deleting says what goes with it, and a deleted row comes back from its history", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/author/");
  await page.getByRole("row", { name: "carol" }).locator("a.row").click();
  await page.getByRole("link", { name: "Delete" }).click();
  assert.match(await page.locator("main").innerText(), /at least 1 author\b.*1 author profile\b.*\d+ posts\b.*\d+ post labels links/s);
  await picture(page, "delete");
  await page.getByRole("link", { name: "No, take me back" }).click();
  assert.match(page.url(), /change\/$/);

  await page.goto("/admin/demo_app/tag/");
  await page.getByRole("row", { name: "Tutorial" }).locator("a.row").click();
  const change = page.url();
  await page.getByRole("link", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Yes, delete" }).click();
  assert.match(await said(page), /The tag "Tutorial" was deleted\./);
  await page.goto(change.replace("change/", "history/"));
  await page.getByRole("button", { name: "Restore this row" }).click();
  assert.match(await said(page), /It was reverted\./);
  await page.goto(change);
  assert.equal(await page.getByLabel("name").inputValue(), "Tutorial");
  await page.context().close();
});

test("history has the values before and after, and takes a change back", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/tag/");
  await page.getByRole("row", { name: "Security" }).locator("a.row").click();
  await page.getByLabel("colour").fill("#010203");
  await button(page, "Save and continue editing").click();
  await page.getByRole("link", { name: "History" }).click();
  const entry = page.locator(".entry").first();
  assert.match(await entry.innerText(), /change by admin/);
  assert.match((await entry.getByRole("row", { name: "colour" }).innerText()).replace(/\s+/g, " "), /colour #f44336 #010203/);
  await picture(page, "history");
  await entry.getByRole("button", { name: "Revert this change" }).click();
  assert.match(await said(page), /It was reverted\./);
  await page.goBack();
  await page.goto(page.url().replace("history/", "change/"));
  assert.equal(await page.getByLabel("colour").inputValue(), "#f44336");
  await page.context().close();
});

test("two tabs: different fields are both kept, the same one is shown with its value before, theirs and yours", async () => {
  const mine = await site.staff();
  const path = await anyPost("serverless");
  await mine.goto(path);
  const theirs = await mine.context().newPage();
  await theirs.goto(path);
  await theirs.getByLabel("title").fill("Their title");
  await button(theirs, "Save and continue editing").click();
  await mine.getByLabel("body").fill("My body.");
  await button(mine, "Save and continue editing").click();
  assert.match(await said(mine), /was changed/);
  assert.equal(await mine.getByLabel("title").inputValue(), "Their title");
  assert.equal(await mine.getByLabel("body").inputValue(), "My body.");

  await theirs.goto(path);
  await theirs.getByLabel("title").fill("Theirs again");
  await button(theirs, "Save and continue editing").click();
  await mine.getByLabel("title").fill("Mine");
  await mine.getByLabel("slug").fill("mine");
  await button(mine, "Save and continue editing").click();
  const conflict = mine.getByRole("alert", { name: "Another has changed this meanwhile" });
  const cells = await conflict.getByRole("row", { name: "title" }).getByRole("cell").allInnerTexts();
  assert.deepEqual(cells, ["Their title", "Theirs again", "Mine"]);
  assert.equal(await conflict.getByRole("row").count(), 2, "the slug was only mine");
  await picture(mine, "conflict");
  await theirs.reload();
  assert.equal(await theirs.getByLabel("title").inputValue(), "Theirs again", "nothing was saved");
  await button(mine, "Save and continue editing").click();
  assert.equal(await mine.getByLabel("title").inputValue(), "Mine");
  assert.equal(await mine.getByLabel("slug").inputValue(), "mine");
  await mine.context().close();
});

test("no page complained", () => assert.deepEqual(site.complaints(), []));
