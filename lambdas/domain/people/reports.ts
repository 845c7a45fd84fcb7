import type { Clock } from '../../shared/clock.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { logger } from '../../shared/logger.ts';
import { settleAll } from '../../shared/settle.ts';
import { firstVisibleSeq, type HistoryPorts } from '../messages/history.ts';
import type { Budget } from '../model/budget.ts';
import { resolveConversation } from '../model/conversation.ts';
import { messageAt } from '../model/message.ts';
import { copyExtra } from '../model/prices.ts';
import type { ReportWriter } from '../model/report.ts';
import type { CallerRoles } from '../model/roles.ts';

export interface ReportPorts extends HistoryPorts {
  readonly reportWriter: ReportWriter;
  readonly budget: Budget;
  readonly clock: Clock;
}

export interface ReportRequest {
  readonly conversationId: string;
  readonly seq: number;
  readonly reason: string;
}

/**
 * Reports a message to the operator, with a copy of it as it is now (IM-REPORT-1). Nobody in the conversation learns of it.
 * The log line has the id of the message, and neither its text nor the reason. Idempotent.
 * @throws {NotFoundError} no such message, or the user may not see it
 */
export async function reportMessage(
  ports: ReportPorts,
  userId: string,
  { conversationId, seq, reason }: ReportRequest,
  callerRoles: CallerRoles,
): Promise<void> {
  const conversation = resolveConversation(userId, { conversationId });
  const [from, message] = await settleAll([
    firstVisibleSeq(ports, userId, conversation, callerRoles),
    messageAt(ports.messages, conversationId, seq),
  ]);
  if (message === undefined || seq < from) throw new NotFoundError('message');
  const [day] = await settleAll([
    ports.reportWriter.keep({ reporter: userId, message, reason, atMs: ports.clock() }),
    ports.budget.charge(copyExtra(Buffer.byteLength(message.contentJson))),
  ]);
  logger.info('message reported', { messageId: message.messageId, day });
}
