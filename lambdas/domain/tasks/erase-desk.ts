import { parseConversationId } from '../../../protocol/ids.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { checkAgent, type LivenessPorts } from '../desk/agent-liveness.ts';
import { changeChat } from '../desk/change.ts';
import { close } from '../desk/chat-state.ts';
import { DESK } from '../desk/ports.ts';
import { withRematch } from '../desk/rematch.ts';
import type { DeskErasure } from '../model/membership-erasure.ts';
import type { Step } from './step.ts';
import { type Visited, type WalkPorts, type Work, walkTrail } from './walk.ts';

export interface DeskErasurePorts extends LivenessPorts {
  readonly deskErasure: DeskErasure;
}

export interface EraseDeskPorts extends WalkPorts {
  /** @default - no desk in this deployment */
  readonly deskPorts?: DeskErasurePorts | undefined;
}

/**
 * Ends what the user has to do with the desk (IM-ERASE-1). An agent's chats go back to their queues, and the agent is removed. A
 * customer's open chats are closed. Chats lose the topic that the customer has typed, and the agent's name. Idempotent.
 * @param name of the step: it runs twice
 */
export function eraseDesk(name: string): Step<EraseDeskPorts> {
  return {
    name,
    async run(ports, task, cursor) {
      const { deskPorts } = ports;
      const { userId = '' } = task;
      if (deskPorts === undefined) return {};
      if (cursor === undefined) await removeAgent(deskPorts, userId);
      return walkTrail<Visited>(ports, task, cursor, {
        begin: (conversationId) =>
          parseConversationId(conversationId)?.kind === 'support' ? { conversationId } : undefined,
        visit: async ({ conversationId }, work) => {
          await leaveChat(deskPorts, userId, conversationId, work);
          return undefined;
        },
      });
    },
  };
}

/**
 * Nobody waits for a banned agent, so there is no time of grace. An agent who is offline gets no chat, and a later change of the
 * agent's status has another revision.
 * @throws {UnavailableError} a session of the agent's was just opening, or the desk has just changed the agent: retry
 */
async function removeAgent(ports: DeskErasurePorts, userId: string): Promise<void> {
  if ((await ports.desk.agent(userId)) === undefined) return;
  await checkAgent(ports, { userId, sinceMs: 0 });
  const agent = await ports.desk.agent(userId);
  const list = { of: { agent: userId }, part: 'open' } as const;
  const [left] = agent?.status === 'offline' ? await ports.desk.chatIds(list, { limit: 1 }) : [userId];
  if (agent === undefined || left !== undefined || !(await ports.deskErasure.removeAgent(agent)))
    throw new UnavailableError();
}

async function leaveChat(
  ports: DeskErasurePorts,
  userId: string,
  conversationId: string,
  work: Work,
): Promise<void> {
  const head = await ports.conversations.head(conversationId);
  const { chat } = head;
  if (chat?.customer === userId) {
    if (chat.state !== 'closed') {
      await withRematch(ports, [chat.queue], () =>
        changeChat(ports, conversationId, (now) => close(now, DESK, ports.clock()), { head }),
      );
      work.counts['chats'] = (work.counts['chats'] ?? 0) + 1;
    }
    await ports.deskErasure.forgetTopic(conversationId);
  }
  if (chat?.agent?.userId === userId) await ports.deskErasure.forgetAgentName(conversationId);
}
