import type { DeskChat } from '../../protocol/desk.ts';
import type { Socket } from '../stack/socket.ts';
import { type Bench, type Scenario, sending } from './scenario.ts';

/** The desk's queue also holds delayed watchdog jobs. One without a delay is used to count their cost. */
const EVENTS = 'DeskEvents';
/** One support queue per round: former agents stay listed in a queue, so a second round would read more. */
export const DESK_QUEUES = Array.from({ length: 30 }, (_, n) => `queue-${String(n).padStart(2, '0')}`);
const SUPERVISOR = { roles: ['supervisor'], name: 'Sue' };
const AGENT = { roles: ['agent'], name: 'Ann' };

/** A customer opens a chat, an agent gets it and transfers it, and another agent closes it. */
export const desk: Scenario = {
  name: 'desk',
  isChecked: true,
  async run(bench) {
    for (const queue of DESK_QUEUES.slice(0, bench.rounds)) {
      await bench.stack.without(EVENTS, () => runRound(bench, queue));
    }
    await bench.stack.without(EVENTS, () => listAgents(bench));
  },
};

/** After the rounds, since former agents stay listed in a queue. One agent is ready. */
async function listAgents({ stack, user, measure, rounds }: Bench): Promise<void> {
  const userId = user();
  const ann = await stack.join(userId, 'phone', AGENT);
  await ann.request({ action: 'desk.ready', queues: DESK_QUEUES.slice(-1), capacity: 1 });
  for (let round = 0; round < rounds; round += 1)
    await measure(`GET /desk/agents of ${DESK_QUEUES.length} queues`, () =>
      stack.http(userId, '/desk/agents', { token: AGENT }),
    );
  for (let round = 0; round < rounds; round += 1)
    await measure(`GET /desk/queues, ${DESK_QUEUES.length} queues`, () =>
      stack.http(userId, '/desk/queues', { token: SUPERVISOR }),
    );
  await ann.request({ action: 'desk.away' });
  await stack.leave(ann);
}

async function runRound(bench: Bench, queue: string): Promise<void> {
  const { stack, user } = bench;
  const [a, b] = [user(), user()];
  const [ann, ben] = [await stack.join(a, 'phone', AGENT), await stack.join(b, 'phone', AGENT)];
  const [early, late] = [await stack.join(user()), await stack.join(user())];
  const open = { action: 'desk.open', queue };
  const ready = { action: 'desk.ready', queues: [queue], capacity: 1 };

  await measureMatched(bench, 'desk.open, nobody is free', () => early.request(open));
  const first = await measureMatched(bench, 'desk.ready, somebody waits: assigned', () =>
    assigned([early, ann], () => ann.request(ready)),
  );
  await measureMatched(bench, 'desk.ready, nobody waits', () => ben.request(ready));
  await bench.measure('GET /desk/me', () => stack.http(b, '/desk/me', { token: AGENT }));
  await bench.measure('GET /desk/chats', () => stack.http(b, '/desk/chats', { token: AGENT }));
  const second = await measureMatched(bench, 'desk.open, an agent is free: assigned', () =>
    assigned([late, ben], () => late.request(open)),
  );
  await bench.measure('message in a support chat', () => late.request(sending(second)));
  await measureMatched(bench, 'desk.close', () =>
    late.request({ action: 'desk.close', conversationId: second }),
  );
  await measureMatched(bench, 'desk.transfer', () =>
    ann.request({ action: 'desk.transfer', conversationId: first, to: b }),
  );
  await measureMatched(bench, 'watchdog of any of these, 12 s later', () =>
    stack.enqueue(EVENTS, { kind: 'match', queue, moved: false, watchdog: true }),
  );

  await measureMatched(bench, 'watchdog of desk.ready and desk.away, 12 s later', () =>
    stack.enqueue(EVENTS, { kind: 'push-agent', userId: b }),
  );

  const isMatched = stack.ends({ function: 'MatchDesk' });
  await ben.request({ action: 'desk.close', conversationId: first });
  await isMatched;
  await measureMatched(bench, 'desk.away', () => ann.request({ action: 'desk.away' }));
  await ben.request({ action: 'desk.away' });
  await stack.leave(ann, ben, early, late);
}

/** Each change makes the worker process the queue once. */
function measureMatched<Result>(
  { stack, measure }: Bench,
  operation: string,
  run: () => Promise<Result>,
): Promise<Result> {
  return measure(operation, async () => {
    const isMatched = stack.ends({ function: 'MatchDesk' });
    const result = await run();
    await isMatched;
    return result;
  });
}

/** Waits until all clients know the agent of the chat. @returns the chat's conversation */
async function assigned(sockets: readonly Socket[], run: () => Promise<unknown>): Promise<string> {
  const told = sockets.map((socket) => socket.next(({ type }) => type === 'desk.assigned'));
  await run();
  const chats = (await Promise.all(told)).map(({ frame }) => frame['chat'] as DeskChat);
  return chats[0]?.conversationId ?? '';
}
