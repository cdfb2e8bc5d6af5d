// A blog of its own for each file of the admin's tests, with a superuser and more comments than may be read unasked.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { untilTrue } from "./sdk_settings.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const build = process.env.DDB_BUILD ?? join(root, "build");
const manage = join(process.env.DDB_PROGRAMS ?? join(build, "release/bin"), "admin_site"); // admin_site.cc
const pictures = join(build, "browser");
const password = "Correct-horse-9";

export const POSTS = 1500;
export const COMMENTS = 3000; // of some 450 bytes: more than the 100 read units that a list takes without being told

// The fixture's comments; every tenth awaits approval.
function comments(post) {
  const lines = [];
  for (let i = 0; i < COMMENTS; ++i) {
    const pk = `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`;
    lines.push(JSON.stringify({ model: "demo_app.Comment", item: {
      pk: { S: pk }, post_pk: { S: post }, author_name: { S: `Reader ${i}` }, body: { S: "Said at some length. ".repeat(14) },
      approved: { BOOL: i % 10 !== 0 }, created_at: { S: "2026-05-31T09:00:00.000000+00:00" } } }));
  }
  return lines.join("\n") + "\n";
}

export class AdminSite {
  problems = []; // what the pages themselves complain of

  constructor(settings = {}) {
    this.settings = settings; // in place of config/settings.toml's
  }

  async start() {
    this.data = mkdtempSync(join(tmpdir(), "ddbdjango-admin-"));
    this.environment = {
      ...process.env, DYNAMO_ENDPOINT_URL: `local:${this.data}/data`, DJANGO_SUPERUSER_PASSWORD: password,
    };
    let settings = readFileSync(join(root, "config/settings.toml"), "utf8");
    for (const [key, value] of Object.entries(this.settings)) settings = settings.replace(new RegExp(`^${key} = .*`, "m"), `${key} = ${value}`);
    writeFileSync(join(this.data, "settings.toml"), settings);
    this.manage("seed_posts", "--posts", String(POSTS));
    this.manage("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.com");
    const [post] = this.manage("dumpdata", "demo_app.Post").split("\n").map((line) => line && JSON.parse(line));
    writeFileSync(join(this.data, "comments.jsonl"), comments(post.item.pk.S));
    this.manage("loaddata", join(this.data, "comments.jsonl"));
    this.server = spawn(manage, ["runserver", "127.0.0.1:0", "--settings", join(this.data, "settings.toml")], { cwd: root, env: this.environment, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    this.server.stdout.on("data", (text) => { output += text; });
    await untilTrue(async () => /Serving (http:\/\/[\d.:]+)\//.test(output));
    this.url = output.match(/Serving (http:\/\/[\d.:]+)\//)[1];
    await untilTrue(() => fetch(`${this.url}/api/posts/search/?q=guide`).then((response) => response.status === 200, () => false));
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
    mkdirSync(pictures, { recursive: true });
  }

  async stop() {
    await this.browser?.close();
    if (this.server) {
      this.server.kill("SIGTERM");
      await new Promise((resolve) => this.server.once("exit", resolve));
    }
    rmSync(this.data, { recursive: true, force: true });
  }

  manage(...command) {
    const ended = spawnSync(manage, command, { cwd: root, env: this.environment, encoding: "utf8", maxBuffer: 1 << 26 });
    assert.equal(ended.status, 0, `manage ${command.join(" ")}: ${ended.stderr}`);
    return ended.stdout;
  }

  async json(path) {
    const response = await fetch(this.url + path);
    assert.equal(response.status, 200, path);
    return response.json();
  }

  // Somebody with a browser of their own, not signed in.
  async visitor(options = {}) {
    const context = await this.browser.newContext({ baseURL: this.url, viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(20_000);
    context.on("page", (page) => this.watch(page));
    return context.newPage();
  }
  // A member of staff, signed in; all share a session but those who sign in anew.
  async staff(options = {}) {
    this.signedIn ??= this.signIn(await this.visitor(), "admin").then((page) => page.context().storageState());
    const page = await this.visitor({ storageState: await this.signedIn, ...options });
    await page.goto("/admin/");
    return page;
  }
  async signIn(page, name) {
    await page.goto("/admin/");
    await page.getByLabel("E-mail or user name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/admin/");
    return page;
  }

  watch(page) {
    page.on("pageerror", (error) => this.problems.push(`${page.url()}: ${error}`));
    page.on("console", (message) => { if (message.type() === "error") this.problems.push(`${page.url()}: ${message.text()}`); });
    page.on("response", (response) => { if (response.status() >= 500) this.problems.push(`${response.status()} ${response.url()}`); });
  }

  // Refusals are answered 400 to 422, which Chromium logs.
  complaints() {
    return this.problems.filter((problem) => !/status of 4\d\d/.test(problem));
  }
}

export const adminPassword = password;
export const picture = (page, name) => page.screenshot({ path: join(pictures, `admin-${name}.png`) });
export const price = (page) => page.locator("footer.price").innerText();
export const said = (page) => page.locator(".messages").innerText();

// The page of a job, as soon as it is over.
export async function jobIsOver(page) {
  await page.waitForURL("**/admin/jobs/*/");
  await untilTrue(async () => {
    await page.reload();
    return /done|cancelled|failed/.test(await page.locator("#job-state").innerText());
  });
}
export async function jobCounts(page) {
  const [, done, skipped] = (await page.locator("main").innerText()).match(/([\d,]+) done, ([\d,]+) skipped/);
  return { done: Number(done.replace(",", "")), skipped: Number(skipped.replace(",", "")) };
}
