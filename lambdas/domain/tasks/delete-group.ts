import pLimit from 'p-limit';
import { SYSTEM } from '../../../protocol/ids.ts';
import { settleAll } from '../../shared/settle.ts';
import { SETTLE_SECONDS } from '../../shared/task-rate.ts';
import type { DeliveryPorts } from '../delivery/deliver.ts';
import { deliver } from '../delivery/deliver.ts';
import { type OutboxPorts, sendPending } from '../delivery/outbox.ts';
import type { Pace } from '../delivery/pace.ts';
import { type AttachPorts, removeObjects } from '../messages/attach.ts';
import { systemMessage } from '../messages/system-message.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { GroupEventWriter } from '../model/event.ts';
import type { GroupDeletion } from '../model/group-deletion.ts';
import { contentOf, type StoredMessage } from '../model/message.ts';
import type { ReactionWriter } from '../model/reaction.ts';
import { volumeOf } from '../model/volume.ts';
import type { Step } from './step.ts';

export interface DeleteGroupPorts extends DeliveryPorts, OutboxPorts, Pick<AttachPorts, 'attachmentFiles'> {
  readonly conversations: ConversationReader;
  readonly groupDeletion: GroupDeletion;
  readonly reactionWriter: ReactionWriter;
  /** @default - no events in this deployment */
  readonly groupEvents?: GroupEventWriter | undefined;
  /** In write units. */
  readonly pace: Pace;
}

type DeleteStep = Step<DeleteGroupPorts>;

/** A transaction has room for 100 items: three for each, and the head and the message. */
const MEMBERS_AT_ONCE = 30;
const ITEMS_PER_PAGE = 100;
const DELETES_AT_ONCE = 4;

/** From here on nobody writes or joins. Members still read, until they are removed. */
const close: DeleteStep = {
  name: 'close',
  async run({ groupDeletion }, { conversationId = '' }) {
    await groupDeletion.close(conversationId);
    return {};
  },
};

/**
 * Removes all members. Each is told of their own removal and of nobody else's: a group of 100,000 would get three thousand messages.
 * Members who are away learn it from the list of conversations (IM-CHANGE-3).
 */
function removeMembers(name: string): DeleteStep {
  return {
    name,
    async run(ports, { conversationId = '' }) {
      // Also what a worker that died had committed, and what functions that died had left.
      await sendPending(ports, conversationId, 0, (message) => tell(ports, message));
      const members = await ports.groupDeletion.anyMembers(conversationId, MEMBERS_AT_ONCE);
      if (members.length === 0) return {};
      await ports.pace(6 * (members.length + 1));
      const { seq } = await ports.conversations.head(conversationId);
      const content = { event: 'removed', users: members, by: SYSTEM } as const;
      const message = systemMessage(ports, conversationId, seq + 1, content);
      const isDone = await ports.groupDeletion.remove(message, members);
      return { next: {}, counts: { members: isDone ? members.length : 0 } };
    },
  };
}

async function tell(ports: DeleteGroupPorts, message: StoredMessage): Promise<void> {
  const content = contentOf(message);
  const users = content.type === 'system' && content.event === 'removed' ? (content.users ?? []) : [];
  if (users.length > 0) await deliver(ports, message, { users, recipients: users });
}

/** What had begun before the group was closed is over, and is deleted by what follows. */
const settle: DeleteStep = {
  name: 'settle',
  async run(_, __, cursor) {
    return cursor === undefined ? { next: { waited: true }, waitSeconds: SETTLE_SECONDS } : {};
  },
};

/** Deletes the history with its reactions, volume by volume, downwards. */
const deleteHistory: DeleteStep = {
  name: 'history',
  async run(ports, { conversationId = '' }, cursor) {
    const volume = (cursor?.['volume'] ??
      volumeOf((await ports.conversations.head(conversationId)).seq)) as number;
    const { items, hasMore } = await ports.groupDeletion.history(conversationId, volume, ITEMS_PER_PAGE);
    await ports.pace(items.reduce((sum, { units }) => sum + units, 0));
    // Before the messages: nothing finds the reactions and the files without them.
    const atOnce = pLimit(DELETES_AT_ONCE);
    await settleAll(
      items.map(({ reactedTo, objects = [] }) =>
        atOnce(async () => {
          if (reactedTo !== undefined) await ports.reactionWriter.forget(reactedTo);
          await removeObjects(ports, objects);
        }),
      ),
    );
    await ports.groupDeletion.deleteItems(conversationId, volume, items);
    const next = hasMore ? volume : volume - 1;
    return { counts: { messages: items.length }, next: next < 0 ? undefined : { volume: next } };
  },
};

/** Deletes what is left, the head last, after the event: a worker that dies in between tells it again, with the same id. */
const deleteRows: DeleteStep = {
  name: 'rows',
  async run({ groupDeletion, groupEvents, conversations }, { conversationId = '', startedAtMs }) {
    const { group } = await conversations.head(conversationId);
    if (group === undefined) return {};
    await groupEvents?.put({ conversationId, at: startedAtMs });
    await groupDeletion.deleteRows(conversationId);
    return {};
  },
};

/** The steps of deleting a group (IM-ADMIN-4), in their order. */
export const DELETE_GROUP_STEPS: readonly DeleteStep[] = [
  close,
  removeMembers('members'),
  settle,
  removeMembers('members again'),
  deleteHistory,
  deleteRows,
];
