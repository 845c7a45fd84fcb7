import type { Recorder } from '../recorder.ts';
import { BYSTANDERS } from './people.ts';

/** What there is before anybody has met. */
interface Beginning {
  readonly seed: number;
  readonly recorder: Recorder;
  readonly accounts: readonly { readonly user: string }[];
  newGroup(members: readonly string[]): Promise<string>;
}

/** A group of all but the last user, one that they all come and go in but its founder, and a ring of direct conversations. */
export async function found(world: Beginning): Promise<void> {
  const { accounts, recorder, seed } = world;
  const users = accounts.map(({ user }) => user);
  const [founder = '', guest = '', ...strangers] = users;
  const members = users.slice(0, -1);
  recorder.addConversation({ conversationId: await world.newGroup(members), members });
  const bystanders = seed % 2 === 0 ? [] : BYSTANDERS.map((name) => `${name}-${founder}`);
  const conversationId = await world.newGroup([founder, guest, ...bystanders]);
  recorder.addConversation({ conversationId, members: [founder, guest, ...strangers], isChanging: true });
  for (const user of [founder, guest]) {
    const begun = recorder.now;
    recorder.add({ type: 'membership', user, conversationId, change: 'add', begun, outcome: 'done' });
  }
  users.forEach((user, index) => {
    const next = users[(index + 1) % users.length] ?? '';
    const pair = [user, next].sort();
    recorder.addConversation({ conversationId: `dm:${pair.join(':')}`, members: pair });
  });
}
