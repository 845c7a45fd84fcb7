import type { Action, ActionRequest, DeskAction, PartAction, ReplyFields } from '../../protocol/actions.ts';
import { setAway, setReady, transferChat } from '../domain/desk/agent.ts';
import { closeChat, openChat } from '../domain/desk/customer.ts';
import type { DeskPorts } from '../domain/desk/ports.ts';
import { type EditPorts, edit } from '../domain/messages/edit.ts';
import { type LivePorts, passOnLive } from '../domain/messages/live.ts';
import { type PinPorts, pin } from '../domain/messages/pin.ts';
import { type ReactPorts, react } from '../domain/messages/react.ts';
import { markRead, type ReadPorts } from '../domain/messages/read.ts';
import { recall } from '../domain/messages/recall.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import { hintTyping } from '../domain/messages/typing.ts';
import type { CallerRoles } from '../domain/model/roles.ts';
import type { Caller } from '../domain/model/session.ts';
import { type ActivePorts, setActive } from '../domain/sessions/active.ts';
import { heartbeat } from '../domain/sessions/heartbeat.ts';
import { type PresencePorts, presenceOf } from '../domain/sessions/presence.ts';
import { type RenewPorts, renew } from '../domain/sessions/renew.ts';
import { acknowledgePage, type InboxSessionPorts, welcome } from '../domain/sessions/welcome.ts';

/** Handles a parsed frame and returns the fields of its reply. */
type Answer<A extends Action> = (
  request: ActionRequest<A>,
  caller: Caller,
  roles: CallerRoles,
) => Promise<ReplyFields<A>>;

export type Answers<A extends Action> = { readonly [Name in A]: Answer<Name> };

export interface SocketActionPorts
  extends InboxSessionPorts,
    SendPorts,
    ReadPorts,
    EditPorts,
    ReactPorts,
    PinPorts,
    LivePorts,
    RenewPorts,
    PresencePorts {}

/** The actions of every deployment. */
export function socketActions(
  ports: SocketActionPorts,
): Answers<Exclude<Action, DeskAction | PartAction<'notifications'>>> {
  return {
    hello: (_, caller) => welcome(ports, caller),
    ackInbox: ({ batch }, caller) => acknowledgePage(ports, caller, batch),
    sendMessage: (request, caller) => send(ports, caller.userId, request, caller),
    heartbeat: (_, caller) => heartbeat(ports, caller),
    renew: async ({ token }, caller) => ({ session: { expiresAt: await renew(ports, caller, token) } }),
    read: async (request, caller) => {
      await markRead(ports, caller, request);
      return {};
    },
    edit: async (request, caller) => ({ message: await edit(ports, changerOf(caller), request) }),
    recall: async (request, caller) => ({ message: await recall(ports, changerOf(caller), request) }),
    react: async (request, caller) => ({ message: await react(ports, changerOf(caller), request) }),
    pin: async (request, caller) => ({ message: await pin(ports, changerOf(caller), request) }),
    typing: async (request, caller) => {
      await hintTyping(ports, caller, request);
      return undefined;
    },
    live: async (request, caller) => {
      await passOnLive(ports, caller, request);
      return undefined;
    },
    presence: async (request, caller) => ({ users: await presenceOf(ports, caller, request) }),
  };
}

function changerOf(caller: Caller) {
  return { userId: caller.userId, caller };
}

/** The additional action of a deployment with notifications. */
export function notificationActions(ports: ActivePorts): Answers<PartAction<'notifications'>> {
  return {
    active: async ({ active }, caller) => {
      await setActive(ports, caller, active);
      return {};
    },
  };
}

/** The additional actions of a deployment with a desk. */
export function deskActions(
  ports: DeskPorts & { /** The first is the default. */ readonly queues: readonly string[] },
): Answers<DeskAction> {
  return {
    'desk.open': async (request, caller) => ({ chat: await openChat(ports, caller, request) }),
    'desk.close': async (request, caller) => ({ chat: await closeChat(ports, caller, request) }),
    'desk.ready': async (request, caller, roles) => ({
      agent: await setReady(ports, caller, roles, request),
    }),
    'desk.away': async (_, caller, roles) => ({ agent: await setAway(ports, caller, roles) }),
    'desk.transfer': async (request, caller, roles) => ({
      chat: await transferChat(ports, caller, roles, request),
    }),
  };
}
