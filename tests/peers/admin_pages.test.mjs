// The admin for everyone: without scripts, on a phone, in light and dark under axe-core, and with few permissions.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { violations } from "./accessibility.mjs";
import { AdminSite, adminPassword, jobCounts, jobIsOver, picture, said } from "./admin_site.mjs";

const site = new AdminSite();
before(() => site.start());
after(() => site.stop());

const button = (page, name) => page.getByRole("button", { name, exact: true });

test("Django's own flows work without scripts: list, filter, search, add, change, delete, action", async () => {
  const page = await site.staff({ javaScriptEnabled: false });
  await page.getByRole("link", { name: "Change posts" }).click();
  await page.locator(".filters").getByRole("link", { name: /^Yes/ }).first().click();
  assert.equal(await page.locator("#changelist tbody tr").count(), 50);
  await page.getByLabel("Search").fill("serverless");
  await button(page, "Search").click();
  await page.waitForURL(/published=true.*q=serverless|q=serverless.*published=true/);
  assert.match(await page.locator("#changelist tbody tr").first().innerText(), /Serverless/);
  await page.getByRole("link", { name: "Next" }).click();
  await page.getByRole("link", { name: "Previous" }).click();
  await page.getByRole("columnheader", { name: "created at" }).getByRole("link").click();

  const { authors: [author] } = await site.json("/api/authors/?limit=1");
  const { categories: [category] } = await site.json("/api/categories/?limit=1");
  await page.getByRole("link", { name: "Add post" }).click();
  await page.getByLabel("title").fill("Scriptless");
  await page.getByLabel("slug").fill("scriptless");
  await page.getByLabel("author", { exact: false }).first().fill(author.pk);
  await page.getByLabel("labels").selectOption([{ label: "Cloud" }, { label: "Testing" }]);
  await page.getByLabel("category of new post category").fill(category.pk);
  await picture(page, "add-without-scripts");
  await button(page, "Save and continue editing").click();
  assert.match(await said(page), /The post "Scriptless" was added\./);
  assert.equal(await page.getByLabel("labels").locator("option:checked").count(), 2);
  await page.getByText(author.username, { exact: true }).waitFor();

  await page.getByLabel("title").fill("Changed");
  await page.getByRole("checkbox", { name: "Delete" }).check();
  await button(page, "Save and continue editing").click();
  assert.equal(await page.getByLabel("title").inputValue(), "Changed");
  assert.equal(await page.getByRole("checkbox", { name: "Delete" }).count(), 0);
  await page.getByRole("link", { name: "Delete", exact: true }).click();
  await button(page, "Yes, delete").click();
  assert.match(await said(page), /The post "Changed" was deleted\./);

  for (const name of ["one", "two"]) {
    await page.goto("/admin/demo_app/tag/add/");
    await page.getByLabel("name").fill(name);
    await page.getByLabel("slug").fill(name);
    await button(page, "Save").click();
  }
  for (const name of ["one", "two"]) await page.getByRole("checkbox", { name: `Choose ${name}` }).check();
  await page.getByLabel("Action", { exact: true }).selectOption({ label: "Delete" });
  await button(page, "Go").click();
  await button(page, "Yes, go on").click();
  await jobIsOver(page);
  assert.deepEqual(await jobCounts(page), { done: 2, skipped: 0 });
  await page.context().close();
});

test("a clerk sees and does what they were given, no more; their sessions are ended", async () => {
  const page = await site.staff();
  await page.goto("/admin/auth/user/add/");
  await page.getByLabel("username").fill("clerk");
  await page.getByLabel("email").fill("clerk@example.com");
  await page.getByLabel("is staff").check();
  const panes = page.getByRole("group", { name: "permissions", exact: true });
  await panes.getByLabel("Available permissions", { exact: true }).selectOption(["demo_app.view_post", "demo_app.change_comment"]);
  await panes.getByRole("button", { name: "Choose" }).click();
  await button(page, "Save and continue editing").click();
  await page.getByRole("link", { name: "Set password" }).click();
  await page.getByLabel("New password").fill(adminPassword);
  await page.getByLabel("The same again").fill(adminPassword);
  await button(page, "Change password").click();
  assert.match(await said(page), /The password was set/);

  const clerk = await site.signIn(await site.visitor(), "clerk");
  assert.deepEqual(await clerk.locator(".app th a").allInnerTexts(), ["comments", "posts"]);
  assert.equal(await clerk.getByRole("link", { name: "Tables" }).count(), 0);
  await picture(clerk, "clerk");
  await clerk.goto("/admin/demo_app/post/");
  assert.equal(await clerk.getByRole("link", { name: "Add post" }).count(), 0);
  assert.equal(await clerk.getByLabel("Action", { exact: true }).count(), 0);
  await clerk.locator("a.row").first().click();
  assert.match(await clerk.getByRole("heading", { level: 1 }).innerText(), /^View post: /);
  assert.equal(await clerk.locator("#rowform input:not([type=hidden]), #rowform button").count(), 0);
  for (const path of ["/admin/demo_app/post/add/", clerk.url().replace("change/", "delete/"), "/admin/auth/user/", "/admin/tables/"]) {
    const answer = await clerk.goto(path.replace(site.url, ""));
    assert.equal(answer.status(), 403, path);
    await clerk.getByRole("heading", { name: "Not allowed" }).waitFor();
  }
  await clerk.goto("/admin/demo_app/comment/");
  assert.deepEqual(await clerk.getByLabel("Action", { exact: true }).locator("option").allInnerTexts(), ["---------", "Approve"]);
  await clerk.locator("a.row").first().click();
  await clerk.getByLabel("body").fill("Moderated.");
  await button(clerk, "Save and continue editing").click();
  assert.match(await said(clerk), /was changed/);
  assert.equal(await clerk.getByRole("link", { name: "Delete", exact: true }).count(), 0);

  const key = (await page.url()).match(/user\/([^/]+)\//)[1];
  await page.goto("/admin/auth/sessionrow/");
  await page.getByRole("row", { name: key }).locator("a.row").first().click();
  await picture(page, "session");
  await page.goto(page.url().replace("change/", "delete/"));
  await button(page, "Yes, delete").click();
  await clerk.goto("/admin/");
  assert.match(clerk.url(), /\/accounts\/login\/\?next=/);

  await page.getByRole("link", { name: "Password" }).click();
  await page.getByLabel("New password", { exact: false }).first().waitFor();
  await page.goto("/admin/");
  await clerk.context().close();
  await page.context().close();
});

async function pagesOfTheAdmin(page) {
  const { posts: [post] } = await site.json("/api/posts/search/?limit=1");
  const row = `/admin/demo_app/post/${post.pk}/`;
  await page.goto(`${row}change/`);
  await page.getByLabel("title").fill(`${post.title}, again`);
  await button(page, "Save and continue editing").click();
  await page.goto("/admin/demo_app/comment/?approved=true&scan=1");
  await page.locator("#changelist tbody input[name=chosen]").first().check();
  await page.getByLabel("Action", { exact: true }).selectOption({ label: "Approve" });
  await button(page, "Go").click();
  await button(page, "Yes, go on").click();
  await page.waitForURL("**/admin/jobs/*/");
  const lists = ["", "?o=title", "?published=true", "?q=serverless", "?q=nothingatall", "?_popup=1", "?count=1"].map((query) => `/admin/demo_app/post/${query}`);
  return ["/admin/", "/admin/find/?q=post", ...lists, "/admin/demo_app/comment/", "/admin/demo_app/comment/?approved=false", "/admin/demo_app/post/add/",
    "/admin/demo_app/author/add/?_popup=1", `${row}change/`, `${row}delete/`, `${row}history/`, "/admin/demo_app/tag/import/", "/admin/auth/user/",
    "/admin/auth/user/add/", "/admin/auth/group/add/", "/admin/auth/sessionrow/", "/admin/admin/logentry/", "/admin/jobs/", new URL(page.url()).pathname,
    "/admin/tables/", "/admin/tables/demo_app_post/?do=plan", "/admin/tables/demo_app_tag/?do=run", "/admin/tables/demo_app_tag/item/",
    "/admin/tables/partiql/", "/admin/no/such/", "/__debug__/"];
}

// Pages that only a form leads to.
async function answers(page, look) {
  const post = async (path, fill, name) => {
    await page.goto(path);
    await fill();
    await page.locator("main form").last().evaluate((form) => { form.noValidate = true; });
    await button(page, name).click();
    await look(`${path} answered`);
  };
  await post("/admin/demo_app/tag/add/", async () => {}, "Save");
  await post("/admin/demo_app/tag/import/", () => page.getByLabel("Or its text").fill("name,slug\nA,a\nB,not a slug\n"), "Preview");
  await post("/admin/tables/partiql/", () => page.getByLabel("Statement").fill('SELECT * FROM "demo_app_tag"'), "Run");
  await post("/admin/demo_app/tag/", async () => {
    await page.locator("input[name=chosen]").first().check();
    await page.getByLabel("Action", { exact: true }).selectOption({ label: "Delete" });
  }, "Go");
  await page.goto("/admin/demo_app/tag/");
  await page.locator("a.row").first().click();
  const other = await page.context().newPage();
  await other.goto(page.url());
  for (const tab of [other, page]) {
    await tab.getByLabel("colour").fill(tab === page ? "#010101" : "#020202");
    await button(tab, "Save and continue editing").click();
    await tab.waitForLoadState();
  }
  await look("a conflict");
}

test("every page is accessible, in light and dark, and fits a phone", async () => {
  const page = await site.staff({ bypassCSP: true });
  const look = async (what) => {
    await page.emulateMedia({ colorScheme: "light" });
    assert.deepEqual(await violations(page), [], what);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await violations(page, ["color-contrast"]), [], `${what} in dark`);
    await page.setViewportSize({ width: 390, height: 844 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${what} is ${width} wide`);
    await page.setViewportSize({ width: 1280, height: 900 });
  };
  for (const path of await pagesOfTheAdmin(page)) {
    await page.goto(path);
    await look(path);
  }
  await answers(page, look);
  await page.goto("/admin/demo_app/post/");
  await picture(page, "dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await picture(page, "phone");
  await page.context().close();
});

test("no page complained", () => assert.deepEqual(site.complaints(), []));
