import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** The AWS SDK's default number of sockets. */
export const MAX_LINES = 50;

/**
 * The keep-alive lines of an AWS SDK client. AWS closes idle lines while Lambda has frozen the function, which learns it
 * when its next request breaks (docs.aws.amazon.com/lambda/latest/dg/best-practices.html). The other lines were idle as
 * long, and a retry on one of them breaks too, so that even three attempts may fail (github.com
 * aws/aws-sdk-js-v3#1196, #3905). So a request that breaks on an idle line closes them all: a retry gets a new one.
 */
export function keptLines() {
  const options = { keepAlive: true, maxSockets: MAX_LINES };
  const agents = { httpAgent: new Agent(options), httpsAgent: new HttpsAgent(options) };
  const brokenWhileIdle = new WeakSet<object>();
  for (const agent of Object.values(agents)) {
    agent.reuseSocket = (socket, request) => {
      request.once('error', (error) => {
        brokenWhileIdle.add(error);
        for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy();
      });
      Agent.prototype.reuseSocket.call(agent, socket, request);
    };
  }
  return {
    /** For the client's `requestHandler`. */
    agents,
    /** For a client without retries: runs a request, and once more if it broke on an idle line. */
    async request<Result>(run: () => Promise<Result>): Promise<Result> {
      try {
        return await run();
      } catch (error) {
        if (!brokenWhileIdle.has(Object(error))) throw error;
        return run();
      }
    },
  };
}
