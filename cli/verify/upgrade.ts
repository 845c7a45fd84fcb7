import WebSocket from 'ws';

/** The status with which the gateway answers an upgrade: 101 if it takes the token. Browsers' sockets don't say it. */
export function statusOfUpgrade(wsUrl: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(wsUrl, ['im.v1', `im.token.${token}`]);
    const end = (status: number) => {
      socket.removeAllListeners('error').on('error', () => {});
      socket.terminate();
      resolve(status);
    };
    socket.once('open', () => end(101));
    socket.once('unexpected-response', (_, { statusCode = 0 }) => end(statusCode));
    socket.once('error', reject);
  });
}
