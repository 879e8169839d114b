
'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const main = $('answers'), index = $('index'), find = $('find'), column = $('column'), value = $('value'), count = $('count');
  const articles = Array.from(main.querySelectorAll('article'));
  const lines = Array.from(index.querySelectorAll('li')); // in the order of the articles
  const boxes = Array.from($('statuses').querySelectorAll('input'));
  const parts = Array.from(index.querySelectorAll('details'), part => ({ part, open: part.open, lines: part.querySelectorAll('li'), count: part.querySelector('b') }));
  const excerpts = Array.from(document.querySelectorAll('.source'));
  const few = 200; // lines that are cheap to lay out at once
  const number = n => n.toLocaleString('en');
  const fold = s => s.normalize('NFKC').toLowerCase();
  const cell = (i, c) => {
    const e = articles[i].querySelector(c === main.dataset.question ? 'h2:not(.quiet)' : `[data-c="${c}"]`);
    return (e?.querySelector('dd') ?? e)?.textContent ?? '';
  };
  const cites = article => Array.from(article.querySelectorAll('footer ol a'), a => a.hash.slice(1));

  // What is searched in, of each article, in lower case. It takes seconds to
  // make for 10,000 answers: it is made while nobody waits, or when needed.
  const texts = new Array(articles.length);
  const text = i => texts[i] ??= fold(articles[i].textContent);
  let excerptTexts;
  let next = 0;
  const idle = window.requestIdleCallback ?? (f => setTimeout(() => f({ timeRemaining: () => 8 }), 50));
  const prepare = deadline => {
    while (next < articles.length && deadline.timeRemaining() > 2) text(next++);
    if (next < articles.length) idle(prepare);
  };

  // What is looked for, and for each word the sources whose excerpts have it.
  const query = () => {
    const words = fold(find.value).split(/\s+/).filter(Boolean);
    if (words.length > 0) excerptTexts ??= excerpts.map(e => fold(e.textContent));
    return {
      words, sources: words.map(w => new Set(excerpts.filter((_, i) => excerptTexts[i].includes(w)).map(e => e.id))),
      kinds: boxes.filter(b => b.checked).map(b => b.value),
      column: column.value, holds: column.value === '' ? '' : fold(value.value.trim()),
    };
  };
  const matches = (q, i) =>
    (q.kinds.length === 0 || (articles[i].dataset.s ?? 'answered').split(' ').some(k => q.kinds.includes(k))) &&
    q.words.every((w, k) => text(i).includes(w) || (q.sources[k].size > 0 && cites(articles[i]).some(id => q.sources[k].has(id)))) &&
    (q.holds === '' || fold(cell(i, q.column)).includes(q.holds));

  // show hides what was not asked for, from the top, and lets the page answer
  // to the next key meanwhile, which begins anew.
  let latest = query();
  async function show() {
    const q = latest = query();
    unmark();
    let shown = 0, i = 0, started = performance.now();
    for (const group of main.children) {
      const matching = Array.from(group.children, () => matches(q, i++));
      const some = matching.filter(Boolean).length;
      if (group.hidden === some > 0) group.hidden = some === 0;
      matching.forEach((match, k) => {
        if (some > 0 && group.children[k].hidden === match) group.children[k].hidden = !match;
        const line = lines[i - matching.length + k];
        if (line.hidden === match) line.hidden = !match;
      });
      if (some > 0) {
        // How high about a group is that the browser has not laid out.
        const height = some < matching.length ? `${some * 40}rem` : '';
        if (group.style.containIntrinsicBlockSize !== height) group.style.containIntrinsicBlockSize = height;
      }
      shown += some;
      if (performance.now() - started > 50) {
        count.textContent = 'searching …';
        await new Promise(done => setTimeout(done));
        if (q !== latest) return;
        started = performance.now();
      }
    }
    const all = shown === articles.length;
    for (const p of parts) {
      const some = all ? p.lines.length : Array.prototype.filter.call(p.lines, l => !l.hidden).length;
      p.part.hidden = some === 0;
      p.part.open = all ? p.open : shown <= few;
      p.count.textContent = some === p.lines.length ? number(some) : `${number(some)} of ${number(p.lines.length)}`;
    }
    count.textContent = all ? `${number(shown)} shown` : `${number(shown)} of ${number(articles.length)} shown`;
    $('nothing').hidden = shown > 0 || articles.length === 0;
    $('clear').hidden = q.words.length + q.kinds.length === 0 && q.holds === '';
    keep();
    mark();
  }

  // Hits are marked, and the excerpts that hold some are opened, where they come
  // into view: all at once would take long.
  const hits = window.Highlight && new Highlight();
  if (hits) CSS.highlights.set('hit', hits);
  const inView = new Set(), marked = new Set();
  const watch = new IntersectionObserver(seen => {
    for (const s of seen) {
      if (s.isIntersecting) inView.add(s.target); else inView.delete(s.target);
    }
    mark();
  }, { rootMargin: '25%' });
  function mark() {
    if (latest.words.length === 0) return;
    for (const e of inView) {
      if (marked.has(e)) continue;
      if (e.matches('.group')) for (const a of e.children) if (!a.hidden) openExcerpts(a);
      marked.add(e);
      markIn(e);
    }
  }
  function markIn(e) {
    let scrolled; // the excerpt that shows its first hit
    const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    for (let node; hits && (node = walk.nextNode());) {
      const { folded, at } = places(node.data);
      for (const w of latest.words) {
        for (let i = folded.indexOf(w); i >= 0; i = folded.indexOf(w, i + w.length)) {
          const range = new Range();
          range.setStart(node, at(i));
          range.setEnd(node, at(i + w.length - 1) + 1);
          hits.add(range);
          const found = node.parentElement.closest('.found');
          if (found && found !== scrolled) {
            found.scrollTop += range.getBoundingClientRect().top - found.getBoundingClientRect().top - found.clientHeight / 3;
            scrolled = found;
          }
        }
      }
    }
  }
  // places is a text in lower case, and a function that tells where in the text
  // each of its letters comes from.
  function places(s) {
    const folded = fold(s);
    if (folded.length === s.length) return { folded, at: i => i };
    let letters = '';
    const from = [];
    for (let i = 0; i < s.length; i++) {
      const f = fold(s[i]);
      letters += f;
      for (let k = 0; k < f.length; k++) from.push(i);
    }
    return { folded: letters, at: i => from[i] };
  }
  function openExcerpts(article) {
    for (const a of article.querySelectorAll('footer ol a')) {
      const id = a.hash.slice(1);
      if (!latest.sources.some(s => s.has(id))) continue;
      const found = $(id).querySelector('blockquote')?.cloneNode(true);
      if (!found) continue;
      found.className = 'found';
      found.tabIndex = 0; // it scrolls
      a.parentElement.append(found);
    }
  }
  function unmark() {
    hits?.clear();
    marked.clear();
    for (const e of main.querySelectorAll('.found')) e.remove();
  }

  // The address keeps where the reader is, and what is searched and filtered:
  // #q12?find=basis&show=failed
  const address = () => {
    const [at, filter] = location.hash.slice(1).split(/\?(.*)/s);
    return { at: decodeURIComponent(at), filter: new URLSearchParams(filter ?? '') };
  };
  function keep() {
    const filter = new URLSearchParams();
    if (find.value) filter.set('find', find.value);
    for (const kind of latest.kinds) filter.append('show', kind);
    if (latest.holds) { filter.set('column', column.selectedOptions[0].text); filter.set('holds', value.value); }
    const at = encodeURIComponent(address().at), has = filter.size > 0;
    const hash = at || has ? `#${at}${has ? `?${filter}` : ''}` : '';
    if (hash !== location.hash) history.replaceState(null, '', hash || location.pathname + location.search);
  }
  function apply(filter) {
    find.value = filter.get('find') ?? '';
    for (const b of boxes) b.checked = filter.getAll('show').includes(b.value);
    column.value = Array.from(column.options).find(o => o.value !== '' && o.text === filter.get('column'))?.value ?? '';
    values();
    value.value = column.value === '' ? '' : filter.get('holds') ?? '';
    return show();
  }

  // values offers what the column holds.
  function values() {
    value.value = '';
    value.disabled = column.value === '';
    const values = new Set();
    for (let i = 0; column.value !== '' && i < articles.length && values.size < 200; i++) {
      const v = cell(i, column.value).trim();
      if (v && v.length <= 80) values.add(v);
    }
    $('values').replaceChildren(...Array.from(values).sort().map(v => new Option(v)));
  }

  // narrow shows the findings from the first on, wherever the reader was.
  const narrow = () => {
    show();
    if ($('tools').getBoundingClientRect().top <= 0) index.scrollIntoView();
  };
  find.addEventListener('input', narrow);
  value.addEventListener('input', narrow);
  for (const b of boxes) b.addEventListener('change', narrow);
  column.addEventListener('change', () => { values(); narrow(); });
  $('clear').addEventListener('click', () => { apply(new URLSearchParams()); find.focus(); });
  // Enter goes to the next answer that was found.
  let current = -1;
  find.addEventListener('input', () => { current = -1; });
  find.addEventListener('keydown', e => {
    if (e.key !== 'Enter') return;
    const shown = articles.filter(a => !a.hidden && !a.parentElement.hidden);
    if (shown.length > 0) shown[current = (current + 1) % shown.length].scrollIntoView();
  });
  $('tools').addEventListener('submit', e => e.preventDefault());

  // A citation opens its source beside it; what closes the source leads back.
  let from;
  function open(source, citation) {
    if (source.matches(':popover-open')) source.hidePopover();
    from = citation;
    if (!source.querySelector('button')) {
      const back = document.createElement('button');
      back.type = 'button';
      back.textContent = 'Back';
      back.addEventListener('click', () => source.hidePopover());
      source.prepend(back);
      source.addEventListener('toggle', e => {
        if (e.newState !== 'closed') return;
        from?.classList.remove('open');
        if (document.activeElement === document.body || source.contains(document.activeElement)) from?.focus({ preventScroll: true });
        if (address().at === source.id) { history.replaceState(null, '', location.pathname + location.search); keep(); }
      });
    }
    source.showPopover(citation && { source: citation });
    source.scrollTop = 0;
    source.focus({ preventScroll: true });
    citation?.classList.add('open');
    if (hits) markIn(source);
  }
  addEventListener('click', e => {
    const a = e.target.closest?.('a[href^="#s"]');
    const source = a && !e.ctrlKey && !e.metaKey && !e.shiftKey && $(a.hash.slice(1));
    if (!source?.matches('.source')) return;
    e.preventDefault();
    open(source, a);
  });

  // go shows what the address names, also where the filter hides it.
  function go() {
    const target = $(address().at);
    if (!target) return;
    if (target.matches('.source')) { open(target); return; }
    const article = target.closest('article');
    if (article) {
      const group = article.parentElement;
      if (group.hidden) for (const other of group.children) other.hidden = true;
      group.hidden = article.hidden = false;
    }
    target.scrollIntoView();
  }
  addEventListener('hashchange', async () => {
    if (address().filter.size > 0) await apply(address().filter); else keep();
    go();
  });

  addEventListener('keydown', e => {
    if (e.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) { e.preventDefault(); find.focus(); }
    if (e.key === 'Escape' && document.activeElement === find) { find.value = ''; show(); }
  });

  // On paper everything is open, and only the sources of what is shown are there.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = Array.from(document.querySelectorAll('details:not([open])'));
    for (const d of opened) d.open = true;
    const cited = new Set(articles.filter(a => !a.hidden && !a.parentElement.hidden).flatMap(cites));
    for (const e of excerpts) e.hidden = !cited.has(e.id);
  });
  addEventListener('afterprint', () => {
    for (const d of opened) d.open = false;
    for (const e of excerpts) e.hidden = false;
  });
  $('print')?.addEventListener('click', () => print());
  if ($('print')) $('print').hidden = false;

  $('tools').hidden = false;
  for (const e of [...main.children, ...(parts.length > 0 ? parts.map(p => p.part) : index.children)]) watch.observe(e);
  (async () => {
    if (address().filter.size > 0) await apply(address().filter);
    if (location.hash) go();
    idle(prepare);
  })();
})();
