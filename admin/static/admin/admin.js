// What makes the admin quicker to use: every page works without it.
'use strict';
(() => {
  const $$ = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, attributes = {}, text = '') => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };

  // ---- a slug from its title, until somebody types one
  const slug = (text) => text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9_\s-]/g, '')
    .trim().replace(/[\s-]+/g, '-');
  const form = document.querySelector('[data-prepopulate]');
  if (form) {
    for (const [target, sources] of Object.entries(JSON.parse(form.dataset.prepopulate))) {
      const to = form.elements[target];
      const from = sources.map((name) => form.elements[name]).filter(Boolean);
      if (!to) continue;
      let typed = to.value !== '';
      to.addEventListener('input', () => { typed = to.value !== ''; });
      for (const input of from) {
        input.addEventListener('input', () => {
          if (typed) return;
          const most = to.maxLength > 0 ? to.maxLength : 200;
          to.value = slug(from.map((i) => i.value).join(' ')).slice(0, most);
        });
      }
    }
  }

  // ---- the link to a related row leads to the one that is chosen
  const follow = (input) => {
    const field = input.closest('.field, td');
    const link = field && field.querySelector('a.change-related');
    if (!link) return;
    link.hidden = input.value === '';
    if (link.hidden) return;
    link.href = link.href.replace(link.dataset.key, encodeURIComponent(input.value));
    link.dataset.key = encodeURIComponent(input.value);
  };
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-popup]')) follow(event.target);
  });

  // ---- autocomplete of relations: a combobox over the input that holds the key
  let combos = 0;
  const autocomplete = (input) => {
    const id = `combo${++combos}`;
    const box = make('span', { class: 'combo' });
    const search = make('input', {
      type: 'text', role: 'combobox', autocomplete: 'off', 'aria-autocomplete': 'list',
      'aria-expanded': 'false', 'aria-controls': id, id: `${input.id}_search`,
    });
    if (input.required) search.required = true;
    const list = make('ul', { role: 'listbox', id, hidden: '' });
    const label = document.querySelector(`label[for="${input.id}"]`);
    const name = label ? label.textContent.trim() : (input.getAttribute('aria-label') || 'Search');
    if (label) label.htmlFor = search.id;
    else search.setAttribute('aria-label', name);
    list.setAttribute('aria-label', name);
    search.value = input.dataset.shown || input.value;
    input.before(box);
    box.append(search, list);
    input.type = 'hidden';
    input.required = false;
    const field = box.closest('.field, td');
    const related = field && field.querySelector('.related');
    if (related) related.hidden = true;
    let timer = 0, asked = 0, at = -1;
    const close = () => {
      list.hidden = true;
      search.setAttribute('aria-expanded', 'false');
      search.removeAttribute('aria-activedescendant');
      at = -1;
    };
    const choose = (key, text) => {
      input.value = key;
      follow(input);
      search.value = text;
      close();
    };
    input.choose = choose;
    const mark = (next) => {
      const items = $$('li[data-key]', list);
      if (!items.length) return;
      at = (next + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute('aria-selected', i === at ? 'true' : 'false'));
      search.setAttribute('aria-activedescendant', items[at].id);
      items[at].scrollIntoView({ block: 'nearest' });
    };
    const ask = async () => {
      const mine = ++asked;
      const url = `${input.dataset.autocomplete}?q=${encodeURIComponent(search.value)}`;
      const response = await fetch(url, { headers: { Accept: 'application/json' } });
      if (!response.ok || mine !== asked) return;
      const answer = await response.json();
      list.replaceChildren();
      answer.results.forEach((result, i) => {
        const item = make('li', { role: 'option', id: `${id}_${i}`, 'aria-selected': 'false' }, result.text);
        item.dataset.key = result.key;
        item.addEventListener('mousedown', (event) => {
          event.preventDefault();
          choose(result.key, result.text);
        });
        list.append(item);
      });
      if (!answer.results.length)
        list.append(make('li', { role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, answer.problem || 'Nothing found'));
      list.hidden = false;
      search.setAttribute('aria-expanded', 'true');
      at = -1;
    };
    search.addEventListener('input', () => {
      input.value = /^[0-9a-f-]{36}$/i.test(search.value) ? search.value : '';
      follow(input);
      clearTimeout(timer);
      timer = setTimeout(ask, 150);
    });
    search.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') { event.preventDefault(); list.hidden ? ask() : mark(at + 1); }
      else if (event.key === 'ArrowUp') { event.preventDefault(); mark(at - 1); }
      else if (event.key === 'Escape') close();
      else if (event.key === 'Enter' && !list.hidden) {
        event.preventDefault();
        const item = $$('li[data-key]', list)[at];
        if (item) choose(item.dataset.key, item.textContent);
      }
    });
    search.addEventListener('blur', close);
  };
  const enhance = (root) => $$('input[data-autocomplete]', root).forEach(autocomplete);
  // A blank row is copied before its inputs are enhanced.
  const blanks = new Map($$('.inline').map((inline) => {
    const spare = inline.querySelector('template');
    const rows = $$('.inline-row.new', spare ? spare.content : inline);
    return [inline, rows.length ? rows[rows.length - 1].cloneNode(true) : null];
  }));
  enhance(document);

  // ---- popups: a row that is chosen or saved there comes back here
  window.ddbChosen = (name, key, text) => {
    const input = document.getElementById(name);
    if (!input) return;
    if (input.choose) input.choose(key, text);
    else input.value = key;
    follow(input);
    const field = input.closest('.field, td');
    const related = field && field.querySelector('.related');
    if (related) related.textContent = text;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a.lookup, a.add-related, a.change-related');
    if (link) {
      const field = link.closest('.field, td');
      const input = field && field.querySelector('[data-popup]');
      if (!input) return;
      event.preventDefault();
      window.open(link.href, input.id, 'width=900,height=700');
      return;
    }
    const row = event.target.closest('body.popup a.row');
    if (row && window.opener && window.opener.ddbChosen) {
      event.preventDefault();
      window.opener.ddbChosen(window.name, row.dataset.key, row.dataset.text);
      window.close();
    }
  });
  const done = document.getElementById('popup-done');
  if (done && window.opener && window.opener.ddbChosen) {
    window.opener.ddbChosen(window.name, done.dataset.key, done.dataset.text);
    window.close();
  }

  // ---- two panes in place of a list with several choices
  for (const select of $$('select[data-two-pane]')) {
    const panes = make('div', { class: 'panes', role: 'group' });
    const label = document.querySelector(`label[for="${select.id}"]`);
    const name = label ? label.textContent.trim() : 'choices';
    panes.setAttribute('aria-label', name);
    const side = (title) => {
      const box = make('div');
      const id = `${select.id}_${title.toLowerCase()}`;
      const list = make('select', { multiple: '', id });
      box.append(make('label', { for: id }, `${title} ${name}`), list);
      panes.append(box);
      return list;
    };
    const available = side('Available');
    const filter = make('input', { type: 'search', 'aria-label': `Filter available ${name}`, placeholder: 'Filter' });
    available.before(filter);
    const moves = make('div', { class: 'moves' });
    const add = make('button', { type: 'button' }, 'Choose →');
    const remove = make('button', { type: 'button' }, '← Remove');
    moves.append(add, remove);
    panes.append(moves);
    const chosen = side('Chosen');
    const draw = () => {
      available.replaceChildren();
      chosen.replaceChildren();
      for (const option of select.options) {
        const copy = new Option(option.text, option.value);
        if (option.selected) chosen.add(copy);
        else if (option.text.toLowerCase().includes(filter.value.toLowerCase())) available.add(copy);
      }
    };
    const move = (from, to) => {
      const values = new Set(Array.from(from.selectedOptions, (o) => o.value));
      for (const option of select.options) if (values.has(option.value)) option.selected = to;
      draw();
    };
    add.addEventListener('click', () => move(available, true));
    remove.addEventListener('click', () => move(chosen, false));
    available.addEventListener('dblclick', () => move(available, true));
    chosen.addEventListener('dblclick', () => move(chosen, false));
    filter.addEventListener('input', draw);
    filter.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); });
    select.hidden = true;
    select.before(panes);
    draw();
  }

  // ---- inlines: one more row
  for (const [inline, blank] of blanks) {
    const total = inline.querySelector(`input[name="${inline.dataset.prefix}__total"]`);
    if (!blank || !total) continue;
    const old = blank.querySelector('input[name$="-__key"]').name.slice(0, -'__key'.length);
    const button = make('button', { type: 'button' }, 'Add another');
    button.addEventListener('click', () => {
      const row = blank.cloneNode(true);
      const now = `${inline.dataset.prefix}${total.value}-`;
      total.value = Number(total.value) + 1;
      for (const element of $$('*', row)) {
        for (const attribute of ['name', 'id', 'for', 'data-popup', 'aria-describedby']) {
          const value = element.getAttribute(attribute);
          if (value) element.setAttribute(attribute, value.replace(old, now));
        }
      }
      const body = inline.querySelector('tbody');
      if (body) body.append(row);
      else button.before(row);
      enhance(row);
      const first = row.querySelector('input:not([type="hidden"]), select, textarea');
      if (first) first.focus();
    });
    inline.append(button);
  }

  // ---- choose every row of the page
  const head = document.querySelector('#changelist thead th');
  const boxes = $$('#changelist input[name="chosen"]');
  if (head && boxes.length) {
    const all = make('input', { type: 'checkbox', 'aria-label': 'Choose every row of this page' });
    all.addEventListener('change', () => boxes.forEach((box) => { box.checked = all.checked; }));
    head.replaceChildren(all);
  }

  // ---- a job's page follows its progress
  if (document.querySelector('[data-refresh]')) setTimeout(() => location.reload(), 1000);

  // ---- Control+K finds everywhere, "/" searches the list
  document.addEventListener('keydown', (event) => {
    const find = document.getElementById('find');
    if (!find || event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    find.focus();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.matches('input, textarea, select')) return;
    const search = document.getElementById('searchbar');
    if (search) { event.preventDefault(); search.focus(); }
  });
})();
