import {
  ACTION_PRICES,
  acknowledgedPrice,
  addedMembersPrice,
  answerPrice,
  changePushPrice,
  directMessageExtra,
  groupMessagePrice,
  HOOK_PRICE,
  hintPrice,
  keptProfilesPrice,
  NEW_CONVERSATION_EXTRA,
  presencePrice,
  REFUSAL_PRICE,
  ROUTE_PRICES,
  readsPrice,
  registrationPrice,
  sentFilesPrice,
  storedExtra,
  waitPrice,
} from '../../lambdas/domain/model/prices.ts';

/** A price that users pay (lambdas/domain/model/prices.ts), and the operations that were counted for it. */
export interface PriceCheck {
  /** The actions and routes of this price. */
  readonly of: readonly (keyof typeof ACTION_PRICES | keyof typeof ROUTE_PRICES)[];
  /** @param sentBytes of all answers */
  readonly credits: (sentBytes: number) => number;
  /** By `scenario/operation`: how often each. */
  readonly operations: Readonly<Record<string, number>>;
  /** How long a function waits, which no count shows. */
  readonly waits?: { readonly seconds: number; readonly function: string };
}

type Named = PriceCheck['of'][number];

/** Bytes of the bench's contents. */
const [USUAL, KB4, KB16] = [126, 4_026, 16_026];
/** Of the bench's files: their sizes, and the content of a message with them. */
const FILE = { size: 100 };
const THUMBNAIL = { type: 'image/webp', width: 320, height: 240, ...FILE } as const;
const [ONE_FILE, TEN_FILES] = [240, 1_400];
/** Of the bench's user with 20 browsers, half of them with long endpoints. */
const MANY_DEVICES_KB = 15;
/** Of a `live` frame with the usual content. */
const LIVE = 300;

const priceOf = (name: Named): number =>
  ({ ...ACTION_PRICES, ...ROUTE_PRICES })[name as keyof typeof ACTION_PRICES] ?? Number.NaN;

const check = (
  name: Named,
  operations: string | PriceCheck['operations'],
  extra: number | ((sentBytes: number) => number) = 0,
  more: Pick<PriceCheck, 'waits'> & { readonly times?: number } = {},
): PriceCheck => {
  const { times = 1, ...rest } = more;
  return {
    of: [name],
    credits: (bytes) => priceOf(name) * times + (typeof extra === 'number' ? extra : extra(bytes)),
    operations: typeof operations === 'string' ? { [operations]: 1 } : operations,
    ...rest,
  };
};

/** The later cost of so many messages in inboxes, in pages of fifty: they are read and deleted. */
const later = (messages: number) => ({
  'direct-offline/hello, a page of 50': messages / 50,
  'direct-offline/ackInbox, nothing left': messages / 50,
  'hello/hello, empty inbox': -messages / 50,
});

const ofGroup = (members: number, online: number, absent: number) =>
  check(
    'sendMessage',
    {
      [`group-${members}/group of ${members}, ${online} online`]: 1,
      ...(absent > 0 && {
        [`group-${members}/group of ${members}, ${online} online: kept for the absent`]: 1,
        ...later(absent),
      }),
    },
    groupMessagePrice(members, USUAL),
  );

const created = (members: number, absent: number) =>
  check(
    'POST /groups',
    {
      [`group-${members}/group of ${members}, created`]: 1,
      [`group-${members}/group of ${members}, created: kept for the absent`]: 1,
      ...later(absent),
    },
    addedMembersPrice(members - 1, members),
  );

const MESSAGE = '/conversations/{conversationId}/messages/{seq}';
const page = (usualReads: number) => (bytes: number) => readsPrice(usualReads) + answerPrice(bytes);

const longChange = (sentBytes: number) =>
  storedExtra(KB16) + hintPrice(2, 1, KB16) + answerPrice(sentBytes / 2);

/** Each price, against what is counted. A change of a group has a watchdog, whose job of a read follows 12 s later. */
export const PRICE_CHECKS: readonly PriceCheck[] = [
  check('hello', 'hello/hello, empty inbox'),
  check('hello', 'direct-offline/hello, a page of 50', page(50)),
  check('ackInbox', 'direct-offline/ackInbox, nothing left', acknowledgedPrice(50)),
  check(
    'ackInbox',
    'direct-offline/ackInbox, the next page of 50',
    (bytes) => acknowledgedPrice(50) + page(50)(bytes),
  ),
  check('heartbeat', { 'heartbeat/heartbeat': 0.5, 'heartbeat/heartbeat that renews the lease': 0.5 }),
  check('renew', 'requests/a session renewed'),
  check('read', 'requests/a read cursor moved'),
  check('active', 'notifications/a session sent to the background'),
  check('GET /push', 'notifications/what a device may register for'),
  check('PUT /devices/{deviceId}/push', 'notifications/a device registered'),
  check('DELETE /devices/{deviceId}/push', 'notifications/a device unregistered'),
  check(
    'PUT /devices/{deviceId}/push',
    'notifications/the 20th device registered, with a long endpoint',
    registrationPrice(MANY_DEVICES_KB + 1),
  ),
  check(
    'DELETE /devices/{deviceId}/push',
    'notifications/the 20th device unregistered',
    registrationPrice(MANY_DEVICES_KB + 1),
  ),
  check('typing', 'blocks/typing in a direct conversation'),
  check('live', 'live/live text, a frame'),
  check('live', 'group-10/live text in a group of 10, 5 online', hintPrice(10, 4, LIVE)),
  check('live', 'group-100/live text in a group of 100, 20 online', hintPrice(100, 19, LIVE)),
  check('presence', 'requests/presence of a user'),
  check('presence', 'requests/presence of 50 users', (bytes) => presencePrice(50) + answerPrice(bytes)),

  check('sendMessage', 'direct-online/message', directMessageExtra(USUAL, 1, false)),
  check('sendMessage', 'direct-online/message of 4 KB', directMessageExtra(KB4, 1, false)),
  check('sendMessage', 'requests/message of 16 KB', directMessageExtra(KB16, 1, false)),
  check('sendMessage', 'direct-online/message, two devices each', directMessageExtra(USUAL, 3, false)),
  check('sendMessage', 'direct-online/first message of a pair', NEW_CONVERSATION_EXTRA),
  check('sendMessage', 'hook/message, with a hook', directMessageExtra(USUAL, 1, false) + HOOK_PRICE),
  check(
    'sendMessage',
    {
      'direct-offline/message, receiver away': 1,
      'poll/message to one who polls, put into the inbox': 1,
      ...later(1),
    },
    directMessageExtra(USUAL, 0, true),
  ),
  check('sendMessage', 'desk/message in a support chat', groupMessagePrice(2, USUAL)),
  ofGroup(10, 5, 5),
  ofGroup(100, 20, 80),
  ofGroup(1_000, 100, 0),
  ofGroup(10_000, 1_000, 0),

  check('edit', 'changes/an edit, a later one'),
  check('edit', 'requests/an edit of a message of 16 KB', longChange),
  check('edit', 'group-10/an edit in a group of 10, 5 online', changePushPrice(10)),
  check('edit', 'group-100/an edit in a group of 100, 20 online', changePushPrice(100)),
  check('edit', 'group-1000/an edit in a group of 1000, 100 online', changePushPrice(1_000)),
  check('recall', 'changes/a recall'),
  check('react', 'reactions/a reaction, a later one'),
  check('react', 'requests/a reaction to a message of 16 KB', longChange),
  check('pin', 'reactions/a pin'),
  check('pin', 'reactions/an unpin'),

  // What its client puts, and S3 keeps, is in `uploadPrice`: no function calls it.
  check('POST /attachments', 'files/an upload asked for, with a thumbnail'),
  check(
    'sendMessage',
    'files/a message with a picture, and its thumbnail',
    directMessageExtra(ONE_FILE, 1, false) + sentFilesPrice([{ ...FILE, thumbnail: THUMBNAIL }]),
  ),
  check(
    'sendMessage',
    'files/a message with 10 files',
    directMessageExtra(TEN_FILES, 1, false) + sentFilesPrice(Array.from({ length: 10 }, () => FILE)),
  ),
  check(`GET ${MESSAGE}/attachments`, 'files/links to a picture', answerPrice),

  check('desk.open', {
    'desk/desk.open, an agent is free: assigned': 1,
    'desk/watchdog of any of these, 12 s later': 1,
  }),
  check('desk.close', { 'desk/desk.close': 1, 'desk/watchdog of any of these, 12 s later': 1 }),
  check('desk.ready', {
    'desk/desk.ready, nobody waits': 1,
    'desk/watchdog of desk.ready and desk.away, 12 s later': 1,
  }),
  check('desk.away', {
    'desk/desk.away': 1,
    'desk/watchdog of desk.ready and desk.away, 12 s later': 1,
  }),
  check('desk.transfer', { 'desk/desk.transfer': 1, 'desk/watchdog of any of these, 12 s later': 1 }),

  check('GET /session', 'requests/GET /session'),
  check('GET /conversations', 'requests/conversations, the only one', readsPrice(3)),
  check('GET /conversations', 'conversations/conversations, 300 of which none changed', readsPrice(300), {
    times: 3,
  }),
  check(
    'GET /conversations',
    'conversations/conversations, all 300 in 3 pages',
    (bytes) => readsPrice(900) + 3 * answerPrice(bytes / 3),
    { times: 3 },
  ),
  check('GET /conversations', 'conversations/conversations, 100 with two unread in each', page(400)),
  check('GET /conversations/{conversationId}/messages', 'requests/history, the only message'),
  check('GET /conversations/{conversationId}/messages', 'history/history, 20 missed', answerPrice),
  check('GET /conversations/{conversationId}/messages', 'history/history, the latest 50', answerPrice),
  check('GET /conversations/{conversationId}/changes', 'changes/the feed of changes', page(2)),
  check('GET /conversations/{conversationId}/pins', 'reactions/the list of one pin', readsPrice(1)),
  check(`PATCH ${MESSAGE}`, 'requests/PATCH …/messages/{seq}'),
  check(`DELETE ${MESSAGE}`, 'requests/DELETE …/messages/{seq}'),
  check(`PUT ${MESSAGE}/reactions/{name}`, 'requests/PUT …/messages/{seq}/reactions/ok'),
  check(`PUT ${MESSAGE}/reactions/{name}`, 'reactions/… the 500th'),
  check(`DELETE ${MESSAGE}/reactions/{name}`, 'requests/DELETE …/messages/{seq}/reactions/ok'),
  check(`PUT ${MESSAGE}/pin`, 'requests/PUT …/messages/{seq}/pin'),
  check(`DELETE ${MESSAGE}/pin`, 'requests/DELETE …/messages/{seq}/pin'),
  check('POST /messages', 'requests/POST /messages'),
  created(10, 5),
  created(100, 174),
  check(
    'PATCH /groups/{id}',
    { 'requests/PATCH /groups/{id} of 5, 2 online': 1, ...later(3) },
    groupMessagePrice(5, 0),
  ),
  check(
    'POST /groups/{id}/members',
    { 'requests/POST /groups/{id}/members: 1 to 5, 2 online': 1, ...later(4) },
    addedMembersPrice(1, 6),
  ),
  check(
    'DELETE /groups/{id}/members/{userId}',
    {
      'departures/group of 5, an absent member is removed': 1,
      'departures/group of 5, an absent member is removed: kept for the absent': 1,
      ...later(4),
    },
    groupMessagePrice(5, 0),
  ),
  check('GET /groups/{id}', 'requests/GET /groups/{id}'),
  check('GET /groups/{id}/members', 'requests/GET /groups/{id}/members'),
  check('GET /groups/{id}/reads', 'requests/GET /groups/{id}/reads', readsPrice(5)),
  check('PUT /profile', 'people/a profile written'),
  check('GET /profiles', 'people/one’s own profile', readsPrice(0.5)),
  check('GET /profiles', 'people/100 profiles', page(50)),
  check('GET /profiles', 'hook/100 profiles, asked of the source', readsPrice(50) + keptProfilesPrice(100)),
  check('PUT /contacts/{userId}', 'people/a contact added'),
  check('DELETE /contacts/{userId}', 'people/a contact removed'),
  check('GET /contacts', 'people/100 contacts', answerPrice),
  check('PATCH /conversations/{conversationId}', 'people/a setting changed'),
  check('PATCH /conversations/{conversationId}', 'people/a conversation archived'),
  check('PUT /blocks/{userId}', 'blocks/a block'),
  check('DELETE /blocks/{userId}', 'blocks/an unblock'),
  check('GET /blocks', 'blocks/the list of blocks'),
  check('GET /desk/me', 'desk/GET /desk/me'),
  check('GET /desk/agents', 'desk/GET /desk/agents of 30 queues'),
  check('POST /reports', 'blocks/a report'),
  check('GET /desk/queues', 'desk/GET /desk/queues, 30 queues'),
  check('GET /desk/chats', 'desk/GET /desk/chats'),
  check('POST /poll', 'poll/poll, one look, nothing there'),
  check('POST /poll', 'poll/poll of a second, nothing comes: two looks', waitPrice(1_000), {
    waits: { seconds: 1, function: 'POST /poll' },
  }),
  check('POST /poll', 'poll/poll, two messages there', readsPrice(2)),
  check('POST /poll', 'poll/poll that acknowledges two, nothing more', acknowledgedPrice(2)),
  { of: [], credits: () => REFUSAL_PRICE, operations: { 'requests/a frame that is refused': 1 } },
];
