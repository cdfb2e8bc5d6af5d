// The admin of a site that is live and read only: its banner, and that nothing can be changed there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { AdminSite, picture } from "./admin_site.mjs";

const site = new AdminSite({ environment: '"Production"', environment_is_live: "true", read_only: "true" });
before(() => site.start());
after(() => site.stop());

test("every page says where one is", async () => {
  const page = await site.staff();
  for (const path of ["/admin/", "/admin/demo_app/post/", "/admin/tables/", "/admin/jobs/"]) {
    await page.goto(path);
    const banner = page.locator(".environment").first();
    assert.equal(await banner.innerText(), "Production", path);
    assert.match(await banner.getAttribute("class"), /live/, path);
  }
  await picture(page, "banner");
  await page.context().close();
});

test("a site that is read only shows everything and offers no change", async () => {
  const page = await site.staff();
  await page.goto("/admin/demo_app/post/");
  assert.match(await page.locator("body").innerText(), /read-only/i);
  assert.equal(await page.locator("#changelist tbody tr").count(), 50);
  assert.equal(await page.getByRole("link", { name: /^Add / }).count(), 0);
  assert.equal(await page.getByLabel("Action", { exact: true }).count(), 0);
  assert.equal(await page.getByRole("link", { name: "Import" }).count(), 0);
  await page.locator("a.row").first().click();
  assert.equal(await page.locator("#rowform button[type=submit]").count(), 0);
  assert.equal(await page.getByRole("link", { name: "Delete" }).count(), 0);
  const title = await page.title(), row = page.url();
  for (const url of [row, row.replace("change/", "delete/"), `${site.url}/admin/demo_app/post/add/`]) {
    const status = await page.evaluate(async (target) => {
      const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
      const body = new URLSearchParams({ csrfmiddlewaretoken: token, title: "Changed", "base:title": "x" });
      return (await fetch(target, { method: "POST", body })).status;
    }, url);
    assert.equal(status, 403, url);
  }
  await page.reload();
  assert.equal(await page.title(), title);
  await page.goto("/admin/demo_app/comment/");
  assert.equal(await page.locator("#changelist input[name^=row-]").count(), 0);
  await picture(page, "read-only");
  await page.context().close();
});

test("no page complained", () => assert.deepEqual(site.complaints(), []));
