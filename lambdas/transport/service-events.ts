import { SYSTEM } from '../../protocol/ids.ts';
import type { ServiceEvent } from '../../protocol/service.ts';
import { type EditPorts, edit } from '../domain/messages/edit.ts';
import { type RecallPorts, recall } from '../domain/messages/recall.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import { requireNotBanned } from '../domain/model/ban.ts';
import { type BanPorts, banUser, unbanUser } from '../domain/sessions/ban.ts';
import { BannedError, BlockedContentError, BlockedError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import type { Job } from './queue-records.ts';

export interface ServiceEventPorts extends SendPorts, EditPorts, RecallPorts, BanPorts {}

/**
 * Serves an event of the service queue. Drops one that a block, a ban, or the hook refuses, with a line: it is no mistake of
 * the service that sent it, and a dead letter would raise an alarm (IM-BLOCK-4, IM-BAN-2, IM-HOOK-4).
 */
export async function serveEvent(
  ports: ServiceEventPorts,
  { body: event, recordId, sentAtMs }: Job<ServiceEvent>,
): Promise<void> {
  try {
    await serve(ports, event, sentAtMs);
  } catch (error) {
    const reason = dropReasonOf(error);
    if (reason === undefined) throw error;
    logger.info('service event dropped', { recordId, type: event.type, reason });
  }
}

function dropReasonOf(error: unknown): 'blocked' | 'banned' | 'content' | undefined {
  if (error instanceof BannedError) return 'banned';
  if (error instanceof BlockedContentError) return 'content';
  return error instanceof BlockedError ? 'blocked' : undefined;
}

async function serve(ports: ServiceEventPorts, event: ServiceEvent, sentAtMs: number): Promise<void> {
  if (event.type === 'user.banned') return void (await banUser(ports, event, sentAtMs));
  if (event.type === 'user.unbanned') return void (await unbanUser(ports, event, sentAtMs));
  const changer = { userId: event.from, isService: true };
  // What a banned user wrote may be recalled in their name.
  if (event.type === 'message.recall') return void (await recall(ports, changer, event));
  if (event.from !== SYSTEM) await requireMayWrite(ports, event.from);
  if (event.type === 'message.edit') await edit(ports, changer, event);
  else await send(ports, event.from, event);
}

/** @throws {BannedError} the user is banned */
export async function requireMayWrite(
  { routes, clock }: Pick<ServiceEventPorts, 'routes' | 'clock'>,
  userId: string,
): Promise<void> {
  const presence = (await routes.presencesOf([userId])).get(userId);
  requireNotBanned(presence?.bannedUntilMs, clock());
}
