/**
 * A button that opens the support chat, for any page whose origin is in the stack's `widgetOrigins`:
 *
 * <script src="https://your-chat.example/widget.js" data-token="chatToken" defer></script>
 *
 * `data-token` names a function of the page that returns the signed-in user's token (or a promise of it), or nothing if
 * no user is signed in. If it throws, the chat calls it again later. Without `data-token` the chat has its own sign-in.
 *
 * Page and chat can't reach into each other: the chat is a frame from its own origin, and the button is in a shadow
 * root.
 */
(() => {
  const { src, dataset } = document.currentScript;
  const base = new URL('.', src);
  const TOKEN = 'serverless-im.token';
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  Object.assign(host.style, {
    position: 'fixed',
    insetBlockEnd: '20px',
    insetInlineEnd: '20px',
    zIndex: '2147483000',
  });

  const frame = document.createElement('iframe');
  frame.title = 'Support chat';
  frame.hidden = true;
  Object.assign(frame.style, {
    display: 'none',
    inlineSize: 'min(380px, calc(100vw - 40px))',
    blockSize: 'min(600px, calc(100vh - 110px))',
    marginBlockEnd: '12px',
    border: '1px solid rgb(0 0 0 / 15%)',
    borderRadius: '16px',
    boxShadow: '0 8px 32px rgb(0 0 0 / 20%)',
  });

  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Help';
  button.setAttribute('aria-expanded', 'false');
  Object.assign(button.style, {
    display: 'block',
    marginInlineStart: 'auto',
    padding: '12px 20px',
    border: '0',
    borderRadius: '999px',
    background: '#0f766e',
    color: '#ffffff',
    font: '600 15px system-ui, sans-serif',
    cursor: 'pointer',
  });
  button.addEventListener('click', () => {
    // Loaded on the first click, so that the embedding page stays fast.
    if (frame.src === '')
      frame.src = new URL(dataset.token === undefined ? 'widget' : 'widget?token=host', base).href;
    const isOpen = frame.hidden;
    frame.hidden = !isOpen;
    frame.style.display = isOpen ? 'block' : 'none';
    button.textContent = isOpen ? 'Close' : 'Help';
    button.setAttribute('aria-expanded', String(isOpen));
  });

  /** Posted to the chat's origin only: the frame may have navigated elsewhere. */
  const answer = async (id) => {
    const reply = { type: TOKEN, id };
    try {
      reply.token = (await window[dataset.token]()) ?? undefined;
    } catch (error) {
      // The network may be down: the chat asks again.
      reply.failed = true;
      console.error('The support chat could not get a token', error);
    }
    frame.contentWindow.postMessage(reply, base.origin);
  };
  window.addEventListener('message', ({ source, origin, data }) => {
    if (dataset.token === undefined || source !== frame.contentWindow || origin !== base.origin) return;
    if (data?.type === TOKEN) void answer(data.id);
  });

  root.append(frame, button);
  document.body.append(host);
})();
