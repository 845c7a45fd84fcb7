/**
 * Shows the notifications of one user, whose id is in its scope: a service worker has one subscription, and several users may be signed
 * in to this browser, each in a tab. Its scope has no page, so it controls none; it can still find and focus them.
 */
const user = decodeURIComponent(registration.scope.split('/').at(-2));
const base = new URL('../../', registration.scope);
/** A page that does not answer within this is frozen, or of another user. */
const ANSWER_MS = 500;

addEventListener('install', () => skipWaiting());

addEventListener('push', (event) => event.waitUntil(show(event.data.json())));

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.conversationId));
});

// Only a page has a token with which to register the new subscription. If none is open, the next one does it.
addEventListener('pushsubscriptionchange', (event) => event.waitUntil(tellPages({ type: 'changed' })));

/**
 * Browsers allow a push without a notification while a page of the site is visible. Safari ends a subscription after three such pushes;
 * the page then subscribes again.
 */
async function show({ conversationId, seq, title = 'New message', body }) {
  const pages = await ownPages();
  if (pages.some(({ visibilityState }) => visibilityState === 'visible')) return;
  const shown = await registration.getNotifications({ tag: conversationId });
  // Push services don't keep the order.
  if (shown.some(({ data }) => data.seq > seq)) return;
  await registration.showNotification(title, {
    body,
    tag: conversationId,
    renotify: true,
    icon: new URL('notification.png', base).href,
    data: { conversationId, seq },
  });
}

async function open(conversationId) {
  const key = keyOf(conversationId);
  const [page] = await ownPages();
  if (page === undefined) {
    await clients.openWindow(new URL(`#${encodeURIComponent(key)}`, base));
    return;
  }
  page.postMessage({ type: 'open', key });
  await page.focus();
}

async function tellPages(message) {
  for (const page of await ownPages()) page.postMessage(message);
}

/** The open pages in which this user is signed in, the one that was used last first. */
async function ownPages() {
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const areOwn = await Promise.all(pages.map(isOwn));
  return pages.filter((_, index) => areOwn[index]);
}

function isOwn(page) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(resolve, ANSWER_MS, false);
    page.postMessage({ type: 'whose', user }, [port2]);
  });
}

/** As the page's address names a conversation (web/src/shell/selection.ts). */
function keyOf(conversationId) {
  const [kind, ...users] = conversationId.split(':');
  return kind === 'dm' ? `@${users.find((one) => one !== user)}` : conversationId;
}
