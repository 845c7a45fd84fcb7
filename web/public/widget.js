/**
 * A button that opens the support chat, for any page whose origin is in the stack's `widgetOrigins`:
 *
 * <script src="https://your-chat.example/widget.js" data-token="chatToken" defer></script>
 *
 * `data-token` names a function of the page that returns the signed-in user's token (or a promise of it), or nothing if
 * no user is signed in. If it throws, the chat calls it again later. Without `data-token` the chat has its own sign-in.
 * Its other attributes are in docs/operations.md.
 *
 * Page and chat can't reach into each other: the chat is a frame from its own origin, and the button is in a shadow
 * root. The frame is loaded on the first click, so that the embedding page stays fast; and at once if a chat is open, so
 * that the button shows how many of its messages are unread.
 */
(() => {
  const { src, dataset } = document.currentScript;
  const base = new URL('.', src);
  const TOKEN = 'serverless-im.token';
  const STATE = 'serverless-im.widget';
  const CHAT_KEY = 'serverless-im.chat';
  /** `data-texts`: the page's own words, by the English ones. */
  const textsOfPage = () => (dataset.texts === undefined ? undefined : window[dataset.texts]);
  const t = (text) => textsOfPage()?.[text] ?? text;
  /** `data-position`: a corner; by default where the page's lines end. */
  const side = { left: 'left', right: 'right' }[dataset.position];
  let isShown = false;
  let isReady = false;
  let unread = 0;

  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  // Not an element with the style's text, which the page's content security policy could forbid.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host {
      all: initial;
      position: fixed;
      inset-block-end: 20px;
      ${side ?? 'inset-inline-end'}: 20px;
      ${side === undefined ? '' : 'direction: ltr;'}
      z-index: 2147483000;
      color-scheme: ${{ light: 'light', dark: 'dark' }[dataset.theme] ?? 'light dark'};
    }
    .panel {
      display: flex;
      flex-direction: column;
      align-items: ${side === 'left' ? 'flex-start' : 'flex-end'};
    }
    iframe {
      display: none;
      inline-size: min(380px, calc(100vw - 40px));
      block-size: min(600px, calc(100dvh - 100px));
      margin-block-end: 12px;
      border: 1px solid light-dark(rgb(0 0 0 / 15%), rgb(255 255 255 / 20%));
      border-radius: 16px;
      background: light-dark(#ffffff, #171b1b);
      box-shadow: 0 8px 32px rgb(0 0 0 / 20%);
    }
    .is-shown iframe { display: block; }
    button {
      position: relative;
      padding: 12px 20px;
      border: 0;
      border-radius: 999px;
      background: light-dark(#0f766e, #2dbfae);
      color: light-dark(#ffffff, #06201d);
      font: 600 15px system-ui, sans-serif;
      box-shadow: 0 2px 8px rgb(0 0 0 / 20%);
      cursor: pointer;
    }
    button:hover { background: light-dark(#0b5f58, #54d3c4); }
    button:focus-visible { outline: 3px solid light-dark(#0b5f58, #54d3c4); outline-offset: 3px; }
    .badge {
      position: absolute;
      inset-block-start: -6px;
      inset-inline-end: -6px;
      min-inline-size: 22px;
      box-sizing: border-box;
      padding: 0 6px;
      border-radius: 999px;
      background: #b3261e;
      color: #ffffff;
      font-size: 13px;
      line-height: 22px;
      text-align: center;
    }
    /* A phone has room for nothing else: the button is above the chat, in the bar that it leaves free. */
    @media (max-width: 480px), (max-height: 480px) {
      .is-shown {
        position: fixed;
        inset: 0;
        flex-direction: column-reverse;
        block-size: 100dvh;
        box-sizing: border-box;
        padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
        background: light-dark(#ffffff, #171b1b);
      }
      .is-shown iframe {
        flex: 1;
        inline-size: 100%;
        min-block-size: 0;
        margin: 0;
        border-width: 1px 0 0;
        border-radius: 0;
        box-shadow: none;
      }
      .is-shown button { margin: 8px; padding: 8px 16px; }
    }
    [hidden] { display: none; }
    .hidden {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  `);
  root.adoptedStyleSheets = [sheet];

  const panel = document.createElement('div');
  const frame = document.createElement('iframe');
  const button = document.createElement('button');
  const label = document.createElement('span');
  const badge = document.createElement('span');
  /** For screen readers, after the badge. */
  const meaning = document.createElement('span');
  button.type = 'button';
  badge.className = 'badge';
  meaning.className = 'hidden';
  button.append(label, ' ', badge, ' ', meaning);
  panel.append(button);

  const draw = () => {
    panel.className = isShown ? 'panel is-shown' : 'panel';
    frame.title = t('Support chat');
    label.textContent = t(isShown ? 'Close' : 'Help');
    badge.hidden = isShown || unread === 0;
    badge.textContent = unread > 99 ? '99+' : String(unread);
    button.setAttribute('aria-expanded', String(isShown));
    meaning.textContent = badge.hidden ? '' : t('unread');
  };

  /** The id of the open chat. Storage may be blocked: then the chat is loaded on the first click. */
  const openChat = (id) => {
    try {
      if (id === null) localStorage.removeItem(CHAT_KEY);
      else if (id !== undefined) localStorage.setItem(CHAT_KEY, id);
      return localStorage.getItem(CHAT_KEY);
    } catch {
      return null;
    }
  };

  const load = () => {
    if (frame.isConnected) return;
    const url = new URL('widget', base);
    url.searchParams.set('button', '');
    if (dataset.token !== undefined) url.searchParams.set('token', 'host');
    const chat = openChat();
    if (chat !== null) url.searchParams.set('chat', chat);
    for (const name of ['language', 'queue', 'theme'])
      if (dataset[name] !== undefined) url.searchParams.set(name, dataset[name]);
    // The chat reads its texts from here: its first word may be one of them.
    frame.name = JSON.stringify(textsOfPage() ?? {});
    frame.src = url.href;
    panel.prepend(frame);
  };

  /** Posted to the chat's origin only: the frame may have navigated elsewhere. */
  const post = (message) => frame.contentWindow.postMessage(message, base.origin);
  const tell = () => post({ type: STATE, isShown });
  const answer = async (id) => {
    const reply = { type: TOKEN, id };
    try {
      reply.token = (await window[dataset.token]()) ?? undefined;
    } catch (error) {
      // The network may be down: the chat asks again.
      reply.failed = true;
      console.error('The support chat could not get a token', error);
    }
    // Nobody is signed in: there is no chat to listen to.
    if (reply.token === undefined && !reply.failed) openChat(null);
    post(reply);
  };
  window.addEventListener('message', ({ source, origin, data }) => {
    if (frame.contentWindow === null || source !== frame.contentWindow || origin !== base.origin) return;
    if (data?.type === TOKEN && dataset.token !== undefined) void answer(data.id);
    if (data?.type !== STATE) return;
    if (data.chat === undefined) {
      // The chat has started, and asks how to be.
      isReady = true;
      tell();
      return;
    }
    openChat(data.chat);
    unread = data.unread;
    draw();
  });
  button.addEventListener('click', () => {
    isShown = !isShown;
    load();
    if (isReady) tell();
    draw();
  });

  if (openChat() !== null) load();
  draw();
  root.append(panel);
  document.body.append(host);
})();
