/**
 * A button that opens the support chat, for any page:
 *
 *   <script src="https://your-chat.example/widget.js" defer></script>
 *
 * Nothing of the page reaches into the chat, nor the other way round: the chat is a frame from its own origin, and the
 * button lives in a shadow root.
 */
(() => {
  const base = new URL('.', document.currentScript.src);
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
    // Not before somebody wants it: the page that embeds it stays as fast as it was.
    if (frame.src === '') frame.src = new URL('widget', base).href;
    const isOpen = frame.hidden;
    frame.hidden = !isOpen;
    frame.style.display = isOpen ? 'block' : 'none';
    button.textContent = isOpen ? 'Close' : 'Help';
    button.setAttribute('aria-expanded', String(isOpen));
  });

  root.append(frame, button);
  document.body.append(host);
})();
