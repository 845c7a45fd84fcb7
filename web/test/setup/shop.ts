import { createServer } from 'node:http';
import { closeServer, listenOn } from '../../../local/listening.ts';

export interface Shop {
  readonly origin: string;
  /** From now on its pages load the widget's script from here. */
  open(webUrl: string): void;
  close(): Promise<void>;
}

/**
 * A site that embeds the widget. Its address is known before the chat's, which has to allow it. The query says what it
 * embeds: `?chatToken=CODE` the widget by its script, with this function for `data-token`, and `data-…` with its other
 * attributes; `?frame=PATH` a page as it is.
 */
export async function openShop(): Promise<Shop> {
  let chat = '';
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://shop').searchParams;
    const [chatToken, frame] = [query.get('chatToken'), query.get('frame')];
    const attributes = [...query].flatMap(([name, value]) =>
      name.startsWith('data-') ? [`${name}="${value}"`] : [],
    );
    const embedded = [
      chatToken === null ? '' : `<script>window.chatToken = ${chatToken}</script>`,
      chatToken === null
        ? ''
        : `<script src="${chat}widget.js" data-token="chatToken" ${attributes.join(' ')} defer></script>`,
      frame === null ? '' : `<iframe title="Framed" src="${chat}${frame}"></iframe>`,
    ];
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(
        `<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,"><main><h1>A shop</h1></main>${embedded.join('')}`,
      );
  });
  const port = await listenOn(server, 0);
  return {
    origin: `http://127.0.0.1:${port}`,
    open: (webUrl) => {
      chat = webUrl;
    },
    close: () => closeServer(server),
  };
}
