const REOPEN_MS = 3_000;
const UNITS = Object.entries({ day: 86_400, hour: 3_600, minute: 60, second: 1 });
const [hits, live, uptime, fact, source, next] = ['hits', 'live', 'uptime', 'fact', 'source', 'next'].map((id) =>
  document.getElementById(id),
);

/** @type {EventSource | undefined} */
let stream;
let shown = Number(hits.value);

function say(state, text) {
  live.dataset.state = state;
  // Written only when it changes, or a screen reader would repeat it.
  if (live.textContent !== text) live.textContent = text;
}

function show(number) {
  // The stream may be a moment behind the page, which must not count backwards.
  shown = Math.max(shown, number);
  hits.textContent = shown.toLocaleString('en');
  say('live', 'live');
}

function reopen() {
  stream?.close();
  // A browser keeps few connections to a host, and pages nobody looks at would hold them all.
  if (document.hidden) return;
  const opened = new EventSource('/api/hits/live');
  opened.addEventListener('hits', ({ data }) => show(JSON.parse(data).hits));
  opened.addEventListener('unavailable', () => say('lost', 'cannot be counted just now'));
  opened.addEventListener('error', () => {
    say('lost', 'reconnecting');
    // It comes back by itself from a lost connection, but gives up when it was refused.
    if (opened.readyState === EventSource.CLOSED) setTimeout(reopen, REOPEN_MS * (1 + Math.random()));
  });
  stream = opened;
}

function inWords(seconds) {
  const words = [];
  let rest = seconds;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return words.slice(0, 2).join(' ') || '0 seconds';
}

const startMs = performance.now() - Number.parseInt(uptime.dateTime.slice(2), 10) * 1_000;
setInterval(() => {
  uptime.textContent = inWords(Math.floor((performance.now() - startMs) / 1_000));
}, 1_000);

next.addEventListener('submit', async (event) => {
  event.preventDefault();
  fact.ariaBusy = 'true';
  try {
    const answer = await fetch(`/api/facts/random?except=${next.elements.after.value}`);
    const other = await answer.json();
    if (!answer.ok) throw new Error(other.detail);
    fact.textContent = other.fact;
    source.textContent = other.sourceName;
    source.href = other.source;
    next.elements.after.value = other.id;
    fact.ariaBusy = 'false';
  } catch {
    // Sent this way, the form does not come by here again.
    next.submit();
  }
});

document.addEventListener('visibilitychange', reopen);
reopen();
