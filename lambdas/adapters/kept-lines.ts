import { Agent as HttpsAgent } from 'node:https';

// An import would read all exports of the module. One of them, WebSocket, loads Node's fetch: 20 ms of CPU in each cold start.
const { Agent } = process.getBuiltinModule('http');

/** The AWS SDK's default number of sockets. */
export const MAX_LINES = 50;

/**
 * The keep-alive sockets of an AWS SDK client. AWS closes idle sockets while Lambda has frozen the function, which notices
 * only when its next request fails (docs.aws.amazon.com/lambda/latest/dg/best-practices.html). The other sockets were idle
 * as long, and a retry on one of them fails too, so that even three attempts may fail (github.com
 * aws/aws-sdk-js-v3#1196, #3905). So a request that fails on an idle socket closes them all: a retry gets a new one.
 */
export function keptLines() {
  const options = { keepAlive: true, maxSockets: MAX_LINES };
  const agents = { httpAgent: new Agent(options), httpsAgent: new HttpsAgent(options) };
  const brokenWhileIdle = new WeakSet<object>();
  for (const agent of Object.values(agents)) {
    const { reuseSocket } = agent;
    agent.reuseSocket = (socket, request) => {
      request.once('error', (error) => {
        brokenWhileIdle.add(error);
        for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy();
      });
      reuseSocket.call(agent, socket, request);
    };
  }
  return {
    /** For the client's `requestHandler`. */
    agents,
    /** For a client without retries: runs a request, and once more if it failed on an idle socket. */
    async request<Result>(run: () => Promise<Result>): Promise<Result> {
      try {
        return await run();
      } catch (error) {
        if (!brokenWhileIdle.has(error as object)) throw error;
        return run();
      }
    },
  };
}
