import type { BrowserContext, Page, WebSocketRoute } from 'playwright-core';

/** The network between a page and the stack. */
export interface Network {
  /** Whether the test has broken it, so that the browser may report failed connections. */
  readonly wasBroken: boolean;
  /** Closes all sockets, and blocks new ones and all requests. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /** Heals it, and forgets that it was ever broken. */
  reset(): Promise<void>;
  /** From now until `heal`, sockets stay open but pass no frame, in neither direction, as after a dead router. */
  freeze(): void;
  /** As `cut`, but the page itself can be loaded again. */
  cutStack(): Promise<void>;
  /** Answers the next frame from the page that contains this text with this error, instead of the server. */
  refuseOnce(text: string, error: object): void;
  /** Sends this frame to the page, as if the server did. */
  push(frame: object): void;
  /** Drops frames from the server that contain this text from now on. */
  lose(text: string): void;
}

/** Intercepts the page's sockets. Call it before the page is loaded. */
export async function networkOf(context: BrowserContext, page: Page): Promise<Network> {
  const sockets = new Set<WebSocketRoute>();
  const refusals = new Map<string, object>();
  const lost: string[] = [];
  let isCut = false;
  let isFrozen = false;
  let wasBroken = false;
  const closeSockets = async () => {
    isCut = wasBroken = true;
    for (const socket of sockets) await socket.close();
    sockets.clear();
  };
  const heal = async () => {
    isCut = false;
    isFrozen = false;
    await context.unrouteAll();
    await context.setOffline(false);
  };
  await page.routeWebSocket(/^ws:/, (socket) => {
    if (isCut) {
      void socket.close();
      return;
    }
    sockets.add(socket);
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (!isFrozen && !lost.some((text) => String(message).includes(text))) socket.send(message);
    });
    socket.onMessage((message) => {
      if (isFrozen) return;
      const refused = [...refusals].find(([text]) => String(message).includes(text));
      if (refused === undefined) return server.send(message);
      const [text, error] = refused;
      refusals.delete(text);
      const { id }: { id: string } = JSON.parse(String(message));
      socket.send(JSON.stringify({ type: 'error', id, ...error }));
    });
  });
  return {
    get wasBroken() {
      return wasBroken;
    },
    async cut() {
      await context.setOffline(true);
      await closeSockets();
    },
    async cutStack() {
      const { origin } = new URL(page.url());
      await context.route(
        (url) => url.origin !== origin,
        (route) => route.abort(),
      );
      await closeSockets();
    },
    heal,
    async reset() {
      await heal();
      wasBroken = false;
      refusals.clear();
      lost.length = 0;
    },
    freeze() {
      isFrozen = wasBroken = true;
    },
    push: (frame) => {
      for (const socket of sockets) socket.send(JSON.stringify(frame));
    },
    lose: (text) => lost.push(text),
    refuseOnce: (text, error) => refusals.set(text, error),
  };
}
