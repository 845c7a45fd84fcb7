import type { ServiceEvent } from '../../protocol/service.ts';
import { type EditPorts, edit } from '../domain/messages/edit.ts';
import { type RecallPorts, recall } from '../domain/messages/recall.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import { BlockedError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';

export interface ServiceEventPorts extends SendPorts, EditPorts, RecallPorts {}

/**
 * Serves an event of the service queue. Drops one that a block refuses, with a line: it is no mistake of the service that sent
 * it, and a dead letter would raise an alarm (IM-BLOCK-1).
 */
export async function serveEvent(
  ports: ServiceEventPorts,
  event: ServiceEvent,
  recordId: string,
): Promise<void> {
  try {
    await serve(ports, event);
  } catch (error) {
    if (!(error instanceof BlockedError)) throw error;
    logger.info('service event dropped', { recordId, type: event.type, reason: 'blocked' });
  }
}

async function serve(ports: ServiceEventPorts, event: ServiceEvent): Promise<void> {
  const changer = { userId: event.from, isService: true };
  if (event.type === 'message.edit') await edit(ports, changer, event);
  else if (event.type === 'message.recall') await recall(ports, changer, event);
  else await send(ports, event.from, event);
}
