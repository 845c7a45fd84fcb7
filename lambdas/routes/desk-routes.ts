import {
  deskAwaySchema,
  deskCloseSchema,
  deskOpenSchema,
  deskReadySchema,
  deskTransferSchema,
} from '../../protocol/desk.ts';
import { beAway, beReady, transferChat } from '../domain/desk/agent.ts';
import type { DeskPorts } from '../domain/desk/change.ts';
import { closeChat, openChat } from '../domain/desk/customer.ts';
import { frameRoute } from '../edge/frame.ts';

/** The desk's actions (IM-DESK), each with a function of its own, and all in that of Protobuf frames. */

interface WithQueues {
  /** The first is the default. */
  readonly queues: readonly string[];
}

/** Opens a support chat, or returns the one that is open (IM-DESK-1). */
export const deskOpen = (ports: DeskPorts & WithQueues) =>
  frameRoute(ports.connections, deskOpenSchema, async ({ id, ...request }, speaker) => {
    return { type: 'desk.chat', id, chat: await openChat(ports, speaker, request) };
  });

/** Ends a support chat, or rates one that has ended (IM-DESK-3). */
export const deskClose = (ports: DeskPorts) =>
  frameRoute(ports.connections, deskCloseSchema, async ({ id, ...request }, speaker) => {
    return { type: 'desk.chat', id, chat: await closeChat(ports, speaker, request) };
  });

/** An agent takes chats from now on (IM-DESK-4). */
export const deskReady = (ports: DeskPorts & WithQueues) =>
  frameRoute(ports.connections, deskReadySchema, async ({ id, ...request }, speaker, standing) => {
    return { type: 'desk.agent', id, agent: await beReady(ports, speaker, standing, request) };
  });

/** An agent takes no more chats, and keeps those that there are (IM-DESK-4). */
export const deskAway = (ports: DeskPorts) =>
  frameRoute(ports.connections, deskAwaySchema, async ({ id }, speaker, standing) => {
    return { type: 'desk.agent', id, agent: await beAway(ports, speaker, standing) };
  });

/** Hands a support chat to another agent, or back to its queue (IM-DESK-5). */
export const deskTransfer = (ports: DeskPorts) =>
  frameRoute(ports.connections, deskTransferSchema, async ({ id, ...request }, speaker, standing) => {
    return { type: 'desk.chat', id, chat: await transferChat(ports, speaker, standing, request) };
  });
