import { onTestFinished } from 'vitest';
import type {
  ChatMessage,
  Client,
  ClientOptions,
  ConnectionChange,
  ConnectionStateName,
} from '../../src/index.ts';
import { createClient, fullJitterBackoff } from '../../src/index.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedServer, type ServerConnection } from './scripted-server.ts';

export interface Harness {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly im: Client;
  readonly changes: ConnectionChange[];
  /** The messages that the conversation with bob has emitted. */
  readonly heard: ChatMessage[];
  /** Resolves when the connection next enters this state. */
  entered(state: ConnectionStateName): Promise<ConnectionChange>;
  /** Resolves when the conversation with bob has emitted this many messages. */
  heardCount(count: number): Promise<void>;
  /** Connects and returns the server's side. */
  connected(): Promise<ServerConnection>;
}

/** The longest jitter: delays are 500, 1000, 2000 … ms. */
export const fullDelays = { retryPolicy: fullJitterBackoff({ random: () => 1 - Number.EPSILON }) };

/** Alice's client and a scripted server, with a manual clock and fixed random numbers. */
export async function harness(options: Partial<ClientOptions> = {}): Promise<Harness> {
  const server = await ScriptedServer.start();
  const clock = new ManualClock();
  const im = createClient({
    wsUrl: server.wsUrl,
    httpUrl: server.httpUrl,
    getToken: () => 'token-1',
    deviceId: 'device',
    logger: { debug: () => {}, warn: () => {}, error: console.error },
    ...options,
    environment: {
      nowMs: clock.nowMs,
      wallClockMs: clock.wallClockMs,
      after: clock.after,
      ...options.environment,
    },
  });
  onTestFinished(async () => {
    im.close();
    await server.stop();
  });
  const changes: ConnectionChange[] = [];
  const heard: ChatMessage[] = [];
  im.on('connection', (change) => changes.push(change));
  im.direct('bob').on('message', (message) => heard.push(message));
  const entered = (state: ConnectionStateName): Promise<ConnectionChange> =>
    new Promise((resolve) => {
      const off = im.on('connection', (change) => {
        if (change.current !== state) return;
        off();
        resolve(change);
      });
    });
  const heardCount = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (heard.length < count) return;
        off();
        resolve();
      };
      const off = im.direct('bob').on('message', look);
      look();
    });
  const connected = async (): Promise<ServerConnection> => {
    const [connection] = await Promise.all([server.nextConnection(), im.connect()]);
    return connection;
  };
  return { server, clock, im, changes, heard, entered, heardCount, connected };
}
