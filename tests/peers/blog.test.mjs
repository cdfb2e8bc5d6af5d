// The blog in Chromium, as its readers and writers use it: with scripts and without, light and dark, on a desk and on a phone;
// every page under axe-core. Pictures are kept in build/browser/.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { violations } from "./accessibility.mjs";
import { untilTrue } from "./sdk_settings.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const build = process.env.DDB_BUILD ?? join(root, "build");
const manage = join(process.env.DDB_PROGRAMS ?? join(build, "release/bin"), "manage");
const pictures = join(build, "browser");
const transferBudget = 60 * 1024;
const data = mkdtempSync(join(tmpdir(), "ddbdjango-blog-"));
const environment = { ...process.env, DYNAMO_ENDPOINT_URL: `local:${data}/data` };
let server, url, browser;
let log = ""; // the server's, where mails are written to
const problems = []; // what the pages themselves complain of

before(async () => {
  const seeded = spawnSync(manage, ["seed_posts", "--posts", "60"], { cwd: root, env: environment, encoding: "utf8" });
  assert.equal(seeded.status, 0, seeded.stderr);
  server = spawn(manage, ["runserver", "127.0.0.1:0"], { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  server.stderr.on("data", (text) => { log += text; process.stderr.write(text); });
  let output = "";
  server.stdout.on("data", (text) => { output += text; });
  await untilTrue(async () => /Serving (http:\/\/[\d.:]+)\//.test(output));
  url = output.match(/Serving (http:\/\/[\d.:]+)\//)[1];
  await untilTrue(() => fetch(`${url}/api/posts/search/?q=guide`).then((response) => response.status === 200, () => false));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  mkdirSync(pictures, { recursive: true });
});
after(async () => {
  await browser?.close();
  if (server) {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
  }
  rmSync(data, { recursive: true, force: true });
});

// A reader with a browser of their own.
async function reader(options = {}) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
  page.on("console", (message) => { if (message.type() === "error") problems.push(`${page.url()}: ${message.text()}`); });
  page.on("response", (response) => { if (response.status() >= 500) problems.push(`${response.status()} ${response.url()}`); });
  return page;
}
const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });

async function signIn(page) {
  await page.goto("/accounts/login/");
  await page.getByRole("link", { name: "Sign in with Amazon Cognito" }).click();
  await page.getByLabel("User name or e-mail address").fill("demo@ddblog.local");
  await page.getByLabel("Password").fill("Demo1234!");
  await picture(page, "mock-login");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/**`);
}

// Sign in, write, find, comment, edit, sign out: the same with scripts and without.
async function writeAndRead(page, title) {
  await page.goto("/");
  await signIn(page);
  await page.getByRole("banner").getByRole("link", { name: "Write" }).click();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Text").fill(`Some **bold** words about ${title}.\n\n- one\n- two`);
  await page.getByLabel("Security").check();
  await page.getByLabel("Databases").check();
  await page.getByLabel("Publish immediately").check();
  await picture(page, `write-${title}`);
  await page.getByRole("button", { name: "Create post" }).click();
  await page.waitForURL("**/posts/**");
  const post = new URL(page.url()).pathname;
  await page.getByRole("status").getByText(`Post "${title}" created!`).waitFor();
  assert.equal(await page.locator(".prose strong").innerText(), "bold");
  assert.equal(await page.locator(".post-head .pill").count(), 2);

  // The index follows within a second.
  await untilTrue(async () => {
    await page.goto("/");
    await page.getByRole("searchbox", { name: "Search posts" }).fill(title);
    await page.getByRole("button", { name: "Search" }).click();
    await page.waitForURL("**/?q=**");
    return (await page.getByRole("heading", { name: title, exact: true }).count()) > 0;
  });
  await picture(page, `found-${title}`);
  await page.getByRole("link", { name: title, exact: true }).first().click();
  await page.waitForURL(`**${post}`);

  await page.getByLabel("Comment", { exact: false }).last().fill("Well said.");
  await page.getByRole("button", { name: "Add comment" }).click();
  await page.getByText("Comment added!").waitFor();
  await page.locator(".comment").getByText("Well said.").waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Text").fill("Shorter now.");
  await page.getByLabel("What changed").fill("Cut by half");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(`**${post}`);
  assert.equal((await page.locator(".prose").innerText()).trim(), "Shorter now.");
  await page.getByText("Revisions (2)").click();
  await page.getByText("Cut by half").waitFor();
  await picture(page, `post-${title}`);

  await page.locator(".menu summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/");
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  await page.goto(`${post}edit/`);
  assert.ok(!new URL(page.url()).pathname.endsWith("/edit/"), "an anonymous reader is sent to sign in");
}

test("a writer's day, with scripts", async () => {
  const page = await reader();
  await page.goto("/write/").catch(() => {});
  await writeAndRead(page, "Scripted");
  await page.context().close();
});

test("a writer's day, without scripts", async () => {
  const page = await reader({ javaScriptEnabled: false });
  await writeAndRead(page, "Scriptless");
  await page.context().close();
});

test("who signed up and forgot the password sets another through the mailed link", async () => {
  const page = await reader({ javaScriptEnabled: false });
  await page.goto("/accounts/signup/");
  await page.getByLabel("User name").fill("forgetful");
  await page.getByLabel("E-mail").fill("forgetful@example.com");
  await page.getByLabel("Password", { exact: true }).fill("seven green rivers");
  await page.getByLabel("Password (again)").fill("seven green rivers");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.context().clearCookies();

  await page.goto("/accounts/login/");
  await page.getByRole("link", { name: /forgot/i }).click();
  await page.getByLabel("E-mail").fill("forgetful@example.com");
  await page.getByRole("button", { name: "Send a link" }).click();
  await page.getByRole("status").getByText("we have sent it a link").waitFor();
  const mailed = /\/accounts\/password\/reset\/confirm\/\?token=[^\s"]+/;
  await untilTrue(async () => mailed.test(log));
  await page.goto(url + log.match(mailed)[0]);
  await page.getByLabel("Password", { exact: true }).fill("eight red mountains");
  await page.getByLabel("Password (again)").fill("eight red mountains");
  await picture(page, "reset");
  await page.getByRole("button", { name: "Set it" }).click();
  await page.context().clearCookies();

  for (const [password, right] of [["seven green rivers", false], ["eight red mountains", true]]) {
    await page.goto("/accounts/login/");
    await page.getByLabel("E-mail or user name").fill("forgetful");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    assert.equal(new URL(page.url()).pathname === "/accounts/login/", !right, password);
  }
  await page.goto(url + log.match(mailed)[0]);
  await page.getByText("This link is not good any more").waitFor();
  await page.context().close();
});

test("the slug follows the title; dark and light are the reader's choice", async () => {
  const page = await reader();
  await signIn(page);
  await page.goto("/write/");
  await page.getByLabel("Title").fill("Über C++ & more!");
  assert.equal(await page.getByLabel("Slug").inputValue(), "ber-c-more");
  await page.getByLabel("Slug").fill("mine");
  await page.getByLabel("Title").fill("Another");
  assert.equal(await page.getByLabel("Slug").inputValue(), "mine");
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.getByRole("button", { name: "Dark" }).click();
  assert.notEqual(await paper(), light);
  await page.reload();
  assert.notEqual(await paper(), light, "the choice is remembered");
  await page.context().close();
});

test("the explorer asks the API and shows its answers", async () => {
  const page = await reader();
  await page.goto("/explorer/");
  await page.getByLabel("Username").fill("explored");
  await page.getByRole("button", { name: "Create" }).click();
  await page.locator("#log").getByText("201").waitFor();
  await page.locator('[data-rows="authors"]').getByText("explored").waitFor();
  await page.getByRole("tab", { name: "Authors" }).press("ArrowRight");
  await page.getByRole("heading", { name: "Create a tag" }).waitFor();
  await picture(page, "explorer");
  await page.context().close();
});

async function pagesOfTheSite() {
  const get = async (path) => (await fetch(url + path)).json();
  const post = (await get("/api/posts/search/?limit=1")).posts[0];
  const tag = (await get("/api/tags/?limit=1")).tags[0];
  const category = (await get("/api/categories/?limit=1")).categories[0];
  return ["/", `/?tag=${tag.slug}`, "/?q=guide", "/?q=nothingatall", `/posts/${post.pk}/`, `/authors/${post.author_id}/`, `/tags/${tag.slug}/`,
    `/categories/${category.slug}/`, "/explorer/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/",
    "/cognito/"];
}

for (const colorScheme of ["light", "dark"]) {
  test(`every page is accessible, ${colorScheme}`, async () => {
    const page = await reader({ colorScheme, bypassCSP: true });
    for (const path of await pagesOfTheSite()) {
      await page.goto(path);
      assert.deepEqual(await violations(page), [], path);
    }
    await signIn(page);
    await page.goto("/write/");
    await page.getByRole("button", { name: "Create post" }).evaluate((button) => { button.form.noValidate = true; button.click(); });
    await page.locator("[aria-invalid]").first().waitFor();
    assert.deepEqual(await violations(page), [], "the form with its errors");
    await page.goto("/");
    await picture(page, `home-${colorScheme}`);
    await page.context().close();
  });
}

test("nothing is wider than a phone, and nothing moves while it loads", async () => {
  const page = await reader({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
  await page.addInitScript(() => {
    window.shift = 0;
    window.moved = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        window.shift += entry.value;
        for (const { node, previousRect, currentRect } of entry.sources)
          window.moved.push([node?.outerHTML?.slice(0, 100) ?? node?.nodeValue, previousRect, currentRect]);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const path of await pagesOfTheSite()) {
    await page.goto(path, { waitUntil: "networkidle" });
    const { width, shift, moved } = await page.evaluate(
      () => ({ width: document.documentElement.scrollWidth, shift: window.shift, moved: window.moved }));
    assert.ok(width <= 390, `${path} is ${width} wide`);
    // A line that is rounded to another pixel is no move (0.00005 on a busy machine); the least of them is ten times this.
    assert.ok(shift < 0.0002, `${path}: ${shift} of ${JSON.stringify(moved)}`);
    await page.setViewportSize({ width: 320, height: 640 }); // of a phone at 100 %, or a desk at 400 % (WCAG 1.4.10)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, `${path} at 320`);
    await page.setViewportSize({ width: 390, height: 844 });
  }
  await page.goto("/");
  await picture(page, "home-phone");
  await page.context().close();
});

test("the home page takes at most 60 KB on the wire, all that it loads together", async () => {
  const page = await reader();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let bytes = 0;
  session.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  await page.goto("/", { waitUntil: "networkidle" });
  console.log(`   home: ${bytes} bytes on the wire`);
  assert.ok(bytes > 0 && bytes <= transferBudget, `${bytes} bytes`);
  await page.context().close();
});

test("no page complained", () => {
  // Refused forms are answered 400 and unknown pages 404, which Chromium logs.
  assert.deepEqual(problems.filter((problem) => !/status of 40[0134]/.test(problem)), []);
});
