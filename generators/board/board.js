// Follows what changes. Without it the page works all the same, and is as old as when it was loaded.
const every = 1000;
let tag = '';

/** What somebody opened stays open, what has the focus keeps it, and what is being typed is not touched. */
function replace(page) {
  const here = document.querySelector('main');
  const there = new DOMParser().parseFromString(page, 'text/html').querySelector('main');
  if (!here || !there) return;
  const open = [...here.querySelectorAll('details[open][id]')].map(({ id }) => id);
  const focused = here.contains(document.activeElement) ? keyOf(document.activeElement, here) : undefined;
  for (const id of open) there.querySelector(`details[id="${CSS.escape(id)}"]`)?.setAttribute('open', '');
  here.replaceChildren(...there.childNodes);
  if (focused) [...here.querySelectorAll(focusable)].find((one) => keyOf(one, here) === focused)?.focus();
}

const focusable = 'a, button, summary, input';
const keyOf = (element, within) => {
  const form = element.closest('form');
  const fields = form ? [...new FormData(form)].map(String).join() : '';
  const owner = element.closest('[id]');
  return `${element.tagName}|${element.getAttribute('href')}|${form?.getAttribute('action')}|${fields}|${owner === within ? '' : owner?.id}|${element.textContent}`;
};

const isTyping = () => document.activeElement?.matches('main input:not([type=hidden])') === true;

async function look() {
  if (document.hidden || isTyping()) return;
  const answer = await fetch(location.href, { headers: tag ? { 'if-none-match': tag } : {} });
  const traffic = document.querySelector('#traffic');
  if (traffic) traffic.textContent = answer.headers.get('slipway-traffic') ?? '';
  if (answer.status !== 200) return;
  const page = await answer.text();
  if (tag && !isTyping()) replace(page);
  tag = answer.headers.get('etag') ?? '';
}

/** The page counts on between two answers. */
function count() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
    const [size, unit] =
      seconds < 120 ? [1, 's'] : seconds < 7200 ? [60, 'min'] : seconds < 172_800 ? [3600, 'h'] : [86_400, 'd'];
    time.textContent = `${Math.floor(seconds / size)} ${unit} ago`;
  }
}

async function follow() {
  try {
    await look();
    document.body.classList.remove('lost');
  } catch {
    // The world may be down for a moment, or for good: the page says that it is old.
    document.body.classList.add('lost');
  }
  count();
  setTimeout(follow, every);
}

// What was just done is told once, and again by nobody who comes back to this address.
if (location.search.includes('said=')) history.replaceState(null, '', location.pathname);
follow();
