
'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const main = $('answers'), find = $('find'), column = $('column'), value = $('value'), count = $('count');
  const articles = Array.from(main.querySelectorAll('article'));
  const boxes = Array.from($('statuses').querySelectorAll('input'));
  const fold = s => s.normalize('NFKC').toLowerCase();
  const cell = (i, c) => {
    const e = articles[i].querySelector(`[data-c="${c}"]`);
    return (e?.querySelector('dd') ?? e)?.textContent ?? '';
  };

  const by = {};
  for (const a of articles) by[a.dataset.s] = (by[a.dataset.s] ?? 0) + 1;
  for (const b of boxes) {
    b.parentElement.hidden = !by[b.value];
    b.nextElementSibling.querySelector('b').textContent = (by[b.value] ?? 0).toLocaleString('en');
  }

  // What is searched in, of each article, in lower case. It takes seconds to
  // make for 10,000 answers: it is made while nobody waits, or when needed.
  const texts = new Array(articles.length);
  const text = i => texts[i] ??= fold(articles[i].textContent);
  let next = 0;
  const idle = window.requestIdleCallback ?? (f => setTimeout(() => f({ timeRemaining: () => 8 }), 50));
  const prepare = deadline => {
    while (next < articles.length && deadline.timeRemaining() > 2) text(next++);
    if (next < articles.length) idle(prepare);
  };
  idle(prepare);

  // show hides what was not asked for, from the top, and lets the page answer
  // to the next key meanwhile, which begins anew.
  let latest;
  async function show() {
    const search = latest = {};
    const words = fold(find.value).split(/\s+/).filter(Boolean);
    const on = new Set(boxes.filter(b => b.checked).map(b => b.value));
    const wanted = column.value === '' ? '' : fold(value.value.trim());
    const matches = i => on.has(articles[i].dataset.s) && words.every(w => text(i).includes(w)) &&
      (wanted === '' || fold(cell(i, column.value)).includes(wanted));
    let shown = 0, i = 0, started = performance.now();
    for (const group of main.children) {
      const matching = Array.from(group.children, () => matches(i++));
      const some = matching.filter(Boolean).length;
      if (group.hidden === some > 0) group.hidden = some === 0;
      if (some > 0) {
        matching.forEach((match, k) => { if (group.children[k].hidden === match) group.children[k].hidden = !match; });
        // How high about a group is that the browser has not laid out.
        const height = some < matching.length ? `${some * 36}rem` : '';
        if (group.style.containIntrinsicBlockSize !== height) group.style.containIntrinsicBlockSize = height;
      }
      shown += some;
      if (performance.now() - started > 50) {
        count.textContent = 'searching …';
        await new Promise(done => setTimeout(done));
        if (search !== latest) return;
        started = performance.now();
      }
    }
    const all = articles.length.toLocaleString('en');
    count.textContent = shown === articles.length ? `${all} shown` : `${shown.toLocaleString('en')} of ${all} shown`;
    $('nothing').hidden = shown > 0 || articles.length === 0;
  }

  find.addEventListener('input', show);
  value.addEventListener('input', show);
  for (const b of boxes) b.addEventListener('change', show);
  column.addEventListener('change', () => {
    value.value = '';
    value.disabled = column.value === '';
    const values = new Set();
    if (column.value !== '') {
      for (let i = 0; i < articles.length && values.size < 200; i++) {
        const v = cell(i, column.value).trim();
        if (v && v.length <= 80) values.add(v);
      }
    }
    $('values').replaceChildren(...Array.from(values).sort().map(v => new Option(v)));
    show();
  });
  $('clear').addEventListener('click', () => {
    find.value = value.value = column.value = '';
    value.disabled = true;
    for (const b of boxes) b.checked = true;
    show();
    find.focus();
  });
  $('tools').addEventListener('submit', e => { e.preventDefault(); show(); });

  // A citation opens its source.
  const open = () => {
    const target = location.hash.length > 1 && $(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const article = target.closest('article');
    if (article) {
      const group = article.parentElement;
      if (group.hidden) for (const other of group.children) other.hidden = true;
      group.hidden = article.hidden = false;
    }
    const details = target.closest('details');
    if (details) { details.open = true; target.focus({ preventScroll: true }); target.scrollIntoView({ block: 'nearest' }); }
  };
  main.addEventListener('click', e => {
    const a = e.target.closest('a.c');
    if (a && a.hash === location.hash) open(); // the same once more: no hashchange comes
  });
  addEventListener('hashchange', open);
  open();

  addEventListener('keydown', e => {
    if (e.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); find.focus(); }
    if (e.key === 'Escape' && document.activeElement === find) { find.value = ''; show(); }
  });
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = Array.from(document.querySelectorAll('main .group:not([hidden]) article:not([hidden]) details:not([open])'));
    for (const d of opened) d.open = true;
  });
  addEventListener('afterprint', () => { for (const d of opened) d.open = false; });

  $('tools').hidden = false;
  show();
})();
