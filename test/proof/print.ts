import type { DeskRecord, History, HistoryEvent, Outcome, SeenMessage } from './history.ts';
import type { ToldEvent } from './platform-history.ts';

/** Prints one line per event. */
export function printHistory({ seed, conversations, events }: History): string {
  const heading = [
    `seed ${seed}`,
    ...conversations.map(({ conversationId, members }) => `${conversationId}: ${members.join(', ')}`),
  ];
  return [...heading, ...events.map((event, index) => `${index}\t${printEvent(event)}`)].join('\n');
}

export function printEvent(event: HistoryEvent): string {
  switch (event.type) {
    case 'try': {
      const { id, user, via, connection, conversationId, clientMsgId, content } = event;
      const from = connection === undefined ? via : `${via} ${connection}`;
      return `try ${id}: ${user} by ${from} sends ${clientMsgId} ${JSON.stringify(content)} to ${conversationId}`;
    }
    case 'settled':
      return `try ${event.id}: ${printOutcome(event.outcome)}`;
    case 'saw': {
      const { user, device = 'HTTP', connection = '', channel, page, messages } = event;
      const asked = page === undefined ? '' : ` after ${page.after ?? '-'} before ${page.before ?? '-'}`;
      return `${user}/${device} ${connection} saw by ${channel}${asked}: ${messages.map(printMessage).join(', ')}`;
    }
    case 'listed': {
      const rows = event.conversations.map(
        ({ conversationId, head, readSeq, unread, lastMessage, settings }) =>
          `${conversationId} head ${head} read ${readSeq} unread ${unread} last ${lastMessage?.seq} ${JSON.stringify(settings ?? {})}`,
      );
      return `${event.user} listed (begun at ${event.begun}): ${rows.join('; ')}`;
    }
    case 'read':
      return `${event.user} read ${event.conversationId} up to ${event.seq}: ${event.done ? 'ok' : 'unknown'}`;
    case 'membership':
      return `${event.conversationId}: ${event.change} ${event.user} (begun at ${event.begun}): ${event.outcome}`;
    case 'recall':
      return `${event.user} recalls ${event.conversationId}#${event.seq} (begun at ${event.begun}): ${event.outcome}`;
    case 'edit':
      return `${event.user} edits ${event.conversationId}#${event.seq} as ${event.editId} (begun at ${event.begun}): ${event.outcome}`;
    case 'react':
      return `${event.user} reacts to ${event.conversationId}#${event.seq} with ${event.name} ${event.on ? 'on' : 'off'} (begun at ${event.begun}): ${event.outcome}`;
    case 'pin':
      return `${event.user} pins ${event.conversationId}#${event.seq} ${event.on ? 'on' : 'off'} (begun at ${event.begun}): ${event.outcome}`;
    case 'cursor':
      return `${event.user} received the cursor ${event.seq} of ${event.of} in ${event.conversationId}`;
    case 'connected':
      return `${event.user}/${event.device} connected as ${event.connection} (${event.mode})`;
    case 'drained':
      return `${event.connection} drained the inbox`;
    case 'disconnected':
      return `${event.connection} ended: ${event.why}`;
    case 'healed':
      return 'healed';
    case 'synced':
      return `${event.user}/${event.device} synced: ${event.view.map(place).join(', ')}`;
    case 'kept':
      return `${event.user}'s store keeps ${event.clientMsgId} for ${event.conversationId}`;
    case 'unsent':
      return `${event.user}/${event.device} shows as unsent in ${event.conversationId}: ${event.unsent.join(', ')}`;
    case 'shown':
      return `${event.user}/${event.device} shows ${event.conversationId}: ${event.messages.map(printMessage).join(', ')}`;
    case 'offered':
      return `${event.user}/${event.device} lists ${event.conversationIds.join(', ')}`;
    case 'ended':
      return `${event.user}/${event.device} is not connected and done (begun at ${event.begun ?? '-'}): ${event.code ?? ''} ${event.why}`;
    case 'desk': {
      const { user, did, begun, conversationId = 'a chat', rating, outcome, chat } = event;
      const answer = chat === undefined ? '' : ` ${printChat(chat)}`;
      return `${user} at the desk: ${did} ${conversationId} ${rating ?? ''} (begun at ${begun}): ${outcome}${answer}`;
    }
    case 'chats':
      return `${event.user} lists the desk: ${event.chats.map(printChat).join('; ')}`;
    case 'final':
      return `final ${event.conversationId} as ${event.user} reads it: ${event.messages.map(printMessage).join(', ')}`;
    case 'ban':
      return `the operator: ${event.change} ${event.user} (begun at ${event.begun}): ${event.outcome}`;
    case 'load':
      return `${event.user}, who is banned, has (begun at ${event.begun}): ${event.chats.join(', ')}`;
    case 'erase':
      return `the operator erases ${event.user} (begun at ${event.begun}): ${event.outcome}`;
    case 'erased':
      return `${event.user} is erased; left: ${event.left.join(', ')}`;
    case 'delete':
      return `the operator deletes ${event.conversationId} (begun at ${event.begun}): ${event.outcome}`;
    case 'deleting':
      return `the deletion of ${event.conversationId} is at ${event.step}`;
    case 'deleted':
      return `${event.conversationId} is deleted; left: ${event.left.join(', ')}`;
    case 'endless':
      return `the task ${event.kind} of ${event.user} is still at ${event.step}`;
    case 'exported':
      return `the export of ${event.of} (begun at ${event.begun}): ${event.messages.map(printMessage).join(', ')}`;
    case 'told':
      return `a subscriber got: ${event.events.map(printTold).join(', ')}`;
    case 'replayed':
      return `the operator replays ${event.conversationId} from ${event.fromSeq} (begun at ${event.begun}): ${event.outcome} ${event.events?.map(printTold).join(', ') ?? ''}`;
    case 'uploaded':
      return `${event.user} has uploaded ${event.attachmentId} for ${event.conversationId}`;
    case 'scan':
      return `the result of the scan of ${event.attachmentId} (begun at ${event.begun}) is ${event.outcome}`;
    case 'files':
      return `${event.user} opens the files of ${event.conversationId}#${event.seq} (begun at ${event.begun}): ${event.outcome} ${event.files.map(({ bytes = '-' }) => bytes).join(', ')}`;
    case 'removal':
      return `the operator removes ${event.attachmentId} of ${event.conversationId}#${event.seq} (begun at ${event.begun}): ${event.outcome}`;
    case 'reopened':
      return `a link to ${event.attachmentId} of ${event.conversationId}#${event.seq} ${event.isOpen ? 'works' : 'does not work'}`;
    case 'notified':
      return `${event.user} is notified: ${JSON.stringify(event.payload)}`;
    case 'due':
      return `${event.user} is away and must be told of ${event.messageId}`;
    case 'archived':
      return `the archive has: ${event.messages.map(printMessage).join(', ')}`;
    case 'block':
      return `${event.user} ${event.on ? 'blocks' : 'unblocks'} ${event.peer} (begun at ${event.begun}): ${event.outcome}`;
    case 'settings':
      return `${event.user} sets ${event.conversationId} ${JSON.stringify(event.change)} (begun at ${event.begun}): ${event.outcome}`;
    case 'types':
      return `${event.user} ${event.on ? 'types' : 'stops typing'} in ${event.conversationId}`;
    case 'typing':
      return `${event.user} received that ${event.of} ${event.on ? 'types' : 'stops typing'} in ${event.conversationId}`;
    case 'presence': {
      const shown = event.users.map(({ userId, online, lastSeenAt }) => `${userId} ${online} ${lastSeenAt}`);
      return `${event.user} asked for the presence in ${event.conversationId ?? '-'} (begun at ${event.begun}): ${shown.join(', ')}`;
    }
    case 'recruited': {
      const { user, way, people, begun, outcome, code = '' } = event;
      return `${user} meets ${people.join(', ')} (${way}, begun at ${begun}): ${outcome} ${code}`;
    }
    case 'met':
      return `${event.user} has met ${event.people.length} of at most ${event.atMost}: ${event.people.join(', ')}`;
    case 'resting':
      return 'resting';
    case 'note':
      return `-- ${event.text}`;
  }
}

function printTold({ id, type, data }: ToldEvent): string {
  return `${type} ${id}${data.message?.rev ? ` rev ${data.message.rev}` : ''}`;
}

function printChat({ conversationId, state, agent, rating }: DeskRecord): string {
  return `${conversationId} ${state} ${agent?.userId ?? '-'} ${rating ?? ''}`;
}

function printOutcome(outcome: Outcome): string {
  switch (outcome.is) {
    case 'acked':
      return `acked ${outcome.seq} ${outcome.messageId}${outcome.duplicate ? ' duplicate' : ''}`;
    case 'refused':
      return `refused ${outcome.code}`;
    case 'unknown':
      return `unknown (${outcome.why})`;
    case 'queued':
      return 'queued';
  }
}

function printMessage(message: SeenMessage): string {
  const { rev = 0, reactions = [] } = message;
  const counts = reactions.map(({ name, count }) => ` ${name}${count}`).join('');
  return `${place(message)} ${message.from}:${message.clientMsgId}${rev > 0 ? ` rev ${rev}` : ''}${counts}${message.pinned === undefined ? '' : ' pinned'}`;
}

function place({
  conversationId,
  seq,
  messageId,
}: Pick<SeenMessage, 'conversationId' | 'seq' | 'messageId'>): string {
  return `${conversationId}#${seq}=${messageId.slice(-6)}`;
}
