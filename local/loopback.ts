/** Whether a `Host` header names this machine, so that no page can reach a server here under a name of its own. */
export function isLoopback(host = ''): boolean {
  const url = `http://${host}`;
  return URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
