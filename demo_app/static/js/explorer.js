// The API console: forms that send JSON, lists of rows, and the answer as it came.
(() => {
  const root = document.getElementById("explorer");
  if (!root) return;
  const log = document.getElementById("log");
  const rows = { authors: [], tags: [], categories: [], posts: [] };
  const label = { authors: "username", tags: "name", categories: "name", posts: "title" };

  async function ask(method, url, body) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["X-CSRFToken"] = root.dataset.csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const began = performance.now();
    let text = "";
    let answer = null;
    let status = "no answer";
    try {
      const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
      status = `${response.status} ${response.statusText}`.trim();
      text = await response.text();
      try {
        answer = JSON.parse(text);
        text = JSON.stringify(answer, null, 2);
      } catch {
        // shown as it is
      }
      if (!response.ok) answer = null;
    } catch (error) {
      text = String(error);
    }
    const time = Math.round(performance.now() - began);
    return { text: `${method} ${url}\n${status} in ${time} ms\n\n${text}`, answer };
  }

  async function show(method, url, body) {
    const { text, answer } = await ask(method, url, body);
    log.textContent = text;
    return answer;
  }

  // ---- lists and selects
  function fillSelects(kind) {
    for (const select of root.querySelectorAll(`select[data-list="${kind}"]`)) {
      const chosen = select.value;
      select.replaceChildren(new Option(select.required ? "Choose one" : "None", ""));
      for (const row of rows[kind]) select.add(new Option(row[label[kind]], row.pk));
      select.value = chosen;
    }
  }

  function fillTable(kind) {
    const panel = root.querySelector(`[data-rows="${kind}"]`);
    if (!panel) return;
    panel.querySelectorAll("ul, p").forEach((old) => old.remove());
    const list = document.createElement("ul");
    for (const row of rows[kind]) {
      const item = document.createElement("li");
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "quiet-button";
      remove.textContent = "Delete";
      remove.setAttribute("aria-label", `Delete ${row[label[kind]]}`);
      remove.addEventListener("click", async () => {
        await show("DELETE", `/api/${kind}/${row.pk}/`);
        await load(kind);
      });
      item.append(`${row[label[kind]]} `, remove);
      list.append(item);
    }
    panel.append(list);
  }

  async function load(kind) {
    const { answer } = await ask("GET", `/api/${kind}/`);
    if (answer) rows[kind] = answer[kind];
    fillSelects(kind);
    fillTable(kind);
  }

  // ---- forms
  const loaded = new WeakSet(); // fields that hold what is stored: to empty one is a change
  function read(form) {
    const path = {};
    const body = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if ("path" in field.dataset) path[field.name] = field.value;
      else if (field.dataset.type === "boolean") body[field.name] = field.checked;
      else if (field.value === "" && (field.dataset.type === "number" || !loaded.has(field))) continue;
      else body[field.name] = field.dataset.type === "number" ? Number(field.value) : field.value;
    }
    return { path, body };
  }
  const fillUrl = (url, path) => url.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name] ?? ""));

  for (const form of root.querySelectorAll("form")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const { path, body } = read(form);
      await show(form.dataset.method, fillUrl(form.dataset.url, path), body);
      for (const kind of Object.keys(rows)) {
        if (form.dataset.url === `/api/${kind}/`) await load(kind);
      }
    });
    form.addEventListener("change", (event) => { // what was loaded is another row's
      if ("path" in event.target.dataset) for (const field of form.elements) loaded.delete(field);
    });
    const loader = form.querySelector("[data-load]");
    loader?.addEventListener("click", async () => {
      if (!form.reportValidity()) return;
      const answer = await show("GET", fillUrl(loader.dataset.load, read(form).path));
      for (const field of form.elements) {
        if (!field.name || "path" in field.dataset) continue;
        if (answer && field.name in answer) {
          field.value = answer[field.name];
          loaded.add(field);
        } else if (!answer && loaded.has(field)) {
          field.value = field.defaultValue ?? field.value;
          loaded.delete(field);
        }
      }
    });
  }

  // ---- tabs
  const tabs = [...root.querySelectorAll('[role="tab"]')];
  function select(tab) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    tab.focus();
  }
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) select(tabs[(i + step + tabs.length) % tabs.length]);
    });
  });

  for (const kind of Object.keys(rows)) load(kind);
})();
