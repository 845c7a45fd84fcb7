import type * as z from 'zod/mini';
import { ACTIONS, type Action, actionNamed } from '../../protocol/actions.ts';
import { HEARTBEAT_TEXT, PLAIN_OK_TEXT, plainFrameSchema } from '../../protocol/frames.ts';
import { decodeClientFrame } from '../../protocol/protobuf.ts';
import { admitFrame, budgetOf } from '../domain/access/admission.ts';
import { withBudget } from '../domain/access/budget.ts';
import { messageOf, type PlainFrame } from '../domain/messages/plain-frame.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import type { Budget, Meter } from '../domain/model/budget.ts';
import { ACTION_PRICES, answerPrice, REFUSAL_PRICE } from '../domain/model/prices.ts';
import type { Caller } from '../domain/model/session.ts';
import { noteLiteralHeartbeat } from '../domain/sessions/heartbeat.ts';
import { BadFrameError, UnknownActionError } from '../shared/errors.ts';
import { parseJsonObject, requireShallow } from '../shared/json.ts';
import { parseWith } from '../shared/parse.ts';
import { settleAll } from '../shared/settle.ts';
import {
  callerOf,
  encodeFrame,
  type FrameResult,
  frameIdIn,
  isUnlimited,
  modeOf,
  refuse,
  rolesOf,
  type SocketEvent,
  sessionEncodingOf,
} from './frame.ts';
import type { Answers } from './socket-actions.ts';

export interface FramePorts extends Omit<SendPorts, 'budget'> {
  readonly meter: Meter;
  /** `undefined`: the idle option is off (IM-IDLE). */
  readonly idleTimeoutMs?: number | undefined;
}

type Frame = Readonly<Record<string, unknown>>;
type AnyAnswer = (
  request: unknown,
  caller: Caller,
  roles: ReturnType<typeof rolesOf>,
) => Promise<object | undefined>;

const PLAIN_FIELDS = ['fromUser', 'toUser', 'message'] as const satisfies (keyof PlainFrame)[];

/**
 * Returns a handler that answers one frame: it decodes the frame, admits it, finds its action, parses it, and replies. The
 * reply is the route response (IM-FRAME-2). A failure becomes an error frame with the frame's id. Every frame has its price,
 * whether it is refused or not (IM-BUDGET-1).
 *
 * The action comes from the frame, not from the gateway's route: the gateway can't read Protobuf (IM-PB).
 * @param answersFor the actions of this deployment, for a user with this budget
 */
export function createFrameHandler(
  ports: FramePorts,
  answersFor: (budget: Budget) => Partial<Answers<Action>>,
) {
  async function answerAction(event: SocketEvent, { frame, id }: Received, caller: Caller, budget: Budget) {
    const action = actionNamed(frame['action']);
    const answer = action && (answersFor(budget)[action] as AnyAnswer | undefined);
    if (action === undefined || answer === undefined) throw new UnknownActionError();
    const { id: _, ...request } = parseWith<z.ZodMiniType>(ACTIONS[action].request, frame) as Frame;
    const fields = await answer(request, caller, rolesOf(event));
    const { reply } = ACTIONS[action];
    return reply === null ? undefined : encodeFrame(event, { type: reply.type, id, ...fields });
  }

  /** A frame of an older client (IM-PLAIN). */
  async function answerPlain({ frame }: Received, caller: Caller, budget: Budget): Promise<string> {
    const request = messageOf(parseWith(plainFrameSchema, frame), caller.userId);
    await send(withBudget(ports, budget), caller.userId, request, caller);
    return PLAIN_OK_TEXT;
  }

  /** The text heartbeat of simple clients (IM-FRAME-4). */
  async function answerHeartbeat(caller: Caller): Promise<string> {
    if (ports.idleTimeoutMs !== undefined) await noteLiteralHeartbeat(ports, caller);
    return HEARTBEAT_TEXT;
  }

  async function answerReceived(event: SocketEvent, received: Received, caller: Caller, budget: Budget) {
    if (received.fault !== undefined) throw received.fault;
    if (event.body === HEARTBEAT_TEXT) return answerHeartbeat(caller);
    return isPlain(event, received.frame)
      ? answerPlain(received, caller, budget)
      : answerAction(event, received, caller, budget);
  }

  return async (event: SocketEvent): Promise<FrameResult> => {
    const received = receive(event);
    try {
      const caller = callerOf(event);
      if (caller === undefined) return answerUnknown(event);
      const requester = { userId: caller.userId, isUnlimited: isUnlimited(event) };
      await admitFrame(ports, requester);
      const budget = budgetOf(ports, requester);
      const [body] = await settleAll([
        answerReceived(event, received, caller, budget),
        budget.charge(priceOf(event, received)),
      ]);
      if (body === undefined) return { statusCode: 200 };
      await budget.charge(answerPrice(Buffer.byteLength(body)));
      return { statusCode: 200, body };
    } catch (error) {
      return refuse(ports.connections, event, error, received.id);
    }
  };
}

/** AWS promises the caller with every frame. */
function answerUnknown(event: SocketEvent): FrameResult {
  if (event.body !== HEARTBEAT_TEXT) throw new Error('The event has no caller.');
  return { statusCode: 200, body: HEARTBEAT_TEXT };
}

interface Received {
  readonly frame: Frame;
  /** Null if it is missing or malformed. */
  readonly id: string | null;
  /** The frame can't be read: it is refused after it was admitted. */
  readonly fault?: unknown;
}

function receive(event: SocketEvent): Received {
  if (event.body === HEARTBEAT_TEXT) return { frame: {}, id: null };
  try {
    const frame = decodeFrame(event);
    return { frame, id: frameIdIn(frame) };
  } catch (fault) {
    return { frame: {}, id: null, fault };
  }
}

/** The use case charges for what is more than usual: a long text, many devices, a large group. */
function priceOf(event: SocketEvent, { frame, fault }: Received): number {
  if (fault !== undefined) return REFUSAL_PRICE;
  if (event.body === HEARTBEAT_TEXT) return ACTION_PRICES.heartbeat;
  if (isPlain(event, frame)) return ACTION_PRICES.sendMessage;
  const action = actionNamed(frame['action']);
  return action === undefined ? REFUSAL_PRICE : ACTION_PRICES[action];
}

function isPlain(event: SocketEvent, frame: Frame): boolean {
  return modeOf(event) === 'plain' && !('action' in frame) && PLAIN_FIELDS.some((field) => field in frame);
}

/** @throws {BadFrameError} not a JSON object, not base64 of Protobuf, or nested too deep */
function decodeFrame(event: SocketEvent): Frame {
  const text = event.body ?? '';
  if (sessionEncodingOf(event) === undefined) return parseJsonObject(text);
  const frame = decodeProtobuf(text);
  requireShallow(frame);
  return frame;
}

function decodeProtobuf(text: string): Frame {
  try {
    return decodeClientFrame(text);
  } catch (cause) {
    throw new BadFrameError('Not base64 of Protobuf.', { cause });
  }
}
