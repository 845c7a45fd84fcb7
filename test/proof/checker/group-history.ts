import type { History, HistoryEvent, Membership, SeenMessage } from '../history.ts';
import { Recorder } from '../recorder.ts';

const GROUP = 'g:1';

/**
 * A group by ann with bob: m1; cid joins; m2, which ann recalls; bob is removed while a message of his is under way;
 * m4. Everybody sees what they may, all page and list at the end.
 */
export function groupHistory(): History {
  const recorder = new Recorder(0);
  const record: SeenMessage[] = [];
  const members = ['ann', 'bob', 'cid'];
  recorder.addConversation({ conversationId: GROUP, members, isChanging: true });

  const store = (from: string, clientMsgId: string, content: object): SeenMessage => {
    const seq = record.length + 1;
    const message = {
      conversationId: GROUP,
      seq,
      messageId: `g/${seq}`,
      clientMsgId,
      from,
      content,
      sentAt: seq,
    };
    record.push(message);
    return message;
  };
  const push = (user: string, message: SeenMessage) =>
    recorder.add({
      type: 'saw',
      user,
      device: 'phone',
      connection: `${user}-1`,
      channel: 'push',
      messages: [message],
    });
  const change = (user: string, what: Membership['change'], event: string) => {
    const begun = recorder.now;
    recorder.note(`${event} ${user}`);
    const message = store('ann', `sys-${record.length}`, { type: 'system', event, users: [user], by: 'ann' });
    push(user, message);
    recorder.add({ type: 'membership', user, conversationId: GROUP, change: what, begun, outcome: 'done' });
  };
  const begin = (user: string, clientMsgId: string) =>
    recorder.begin({
      user,
      via: 'socket',
      connection: `${user}-1`,
      conversationId: GROUP,
      clientMsgId,
      content: { type: 'text', text: clientMsgId },
    });
  const commit = (id: number, user: string, clientMsgId: string, receivers: readonly string[]) => {
    const message = store(user, clientMsgId, { type: 'text', text: clientMsgId });
    const { messageId, seq, sentAt } = message;
    for (const receiver of receivers) push(receiver, message);
    recorder.settle(id, { is: 'acked', messageId, seq, sentAt, duplicate: false });
    return message;
  };
  const send = (user: string, clientMsgId: string, receivers: readonly string[]) =>
    commit(begin(user, clientMsgId), user, clientMsgId, receivers);
  const page = (user: string, from: number) =>
    recorder.add({
      type: 'saw',
      user,
      channel: 'history',
      messages: record.filter(({ seq }) => seq >= from),
      page: { conversationId: GROUP, after: 0, hasMore: false, begun: recorder.now },
    });

  for (const user of members) {
    recorder.add({ type: 'connected', user, device: 'phone', connection: `${user}-1`, mode: 'managed' });
    recorder.add({ type: 'drained', connection: `${user}-1` });
  }
  change('ann', 'add', 'created');
  change('bob', 'add', 'joined');
  send('ann', 'm1', ['bob']);
  change('cid', 'add', 'joined');
  const { seq } = send('ann', 'm2', ['bob', 'cid']);
  const begun = recorder.now;
  record[seq - 1] = { ...(record[seq - 1] as SeenMessage), content: { type: 'recalled', by: 'ann', at: 9 } };
  recorder.add({ type: 'recall', user: 'ann', conversationId: GROUP, seq, begun, outcome: 'done' });
  const late = begin('bob', 'm3');
  change('bob', 'remove', 'removed');
  commit(late, 'bob', 'm3', ['ann', 'cid']);
  send('ann', 'm4', ['cid']);
  page('ann', 1);
  page('cid', 4);
  recorder.add({ type: 'healed' });
  for (const [user, view] of [
    ['ann', record],
    ['bob', record.filter((message) => message.seq >= 2 && message.seq <= 6)],
    ['cid', record.filter((message) => message.seq >= 4)],
  ] as const) {
    recorder.add({ type: 'synced', user, device: 'phone', view });
  }
  recorder.add({ type: 'final', user: 'ann', conversationId: GROUP, messages: record });
  for (const user of ['ann', 'cid']) {
    const lastMessage = record.at(-1) ?? null;
    const from = user === 'ann' ? 1 : 4;
    const unread = record.filter((message) => message.seq >= from && message.from !== user).length;
    const row = { conversationId: GROUP, head: record.length, readSeq: 0, unread, lastMessage };
    recorder.add({ type: 'listed', user, begun: recorder.now, conversations: [row] });
  }
  return structuredClone(recorder.history);
}

/** The same history with one more event. */
export function followedBy(history: History, event: (now: number) => HistoryEvent): History {
  return { ...history, events: [...history.events, event(history.events.length)] };
}
