import { ACTIONS, type Action } from '../../protocol/actions.ts';
import { plainFrameSchema } from '../../protocol/frames.ts';
import { MESSAGES } from '../../protocol/protobuf-fields.ts';
import { messageNamed } from '../meaning.ts';
import { type JsonSchema, namedBy, ref, type Schemas } from './json-schema.ts';
import { requestSchema } from './request-schemas.ts';

const ACTION_SUMMARIES: Readonly<Record<Action, string>> = {
  hello: 'Begins a managed session: answers with the first page of the inbox (IM-HELLO)',
  ackInbox: 'Acknowledges a page of the inbox, and asks for the next one (IM-HELLO-2)',
  sendMessage: 'Sends a message. `sent` comes only after it is durable (IM-SEND)',
  heartbeat: 'Says that the client is there (IM-BEAT)',
  renew: 'Extends the session by a fresh token (IM-RENEW)',
  read: 'Moves your read cursor forward',
  edit: 'Edits a message of your own (IM-EDIT)',
  recall: 'Recalls a message',
  react: 'Adds or removes a reaction (IM-REACT)',
  pin: 'Pins or unpins a message (IM-PIN)',
  typing: 'Tells the others that you type, or stopped. Only a refusal is answered',
  live: 'Shows a text while it is written (IM-LIVE). Only a refusal is answered',
  presence: 'Asks who is online (IM-PRESENCE-2)',
  active: 'Says whether you see the app on this device (IM-NOTIFY-2)',
  'desk.open': 'Opens a support chat, or answers the one that is open (IM-DESK-1)',
  'desk.close': 'Closes a support chat, and rates it (IM-DESK-3)',
  'desk.ready': 'Takes support chats of these queues (IM-DESK-4)',
  'desk.away': 'Takes no new support chats (IM-DESK-4)',
  'desk.transfer': 'Gives a support chat to another agent, or back to its queue (IM-DESK-5)',
};

/** A frame of a client with its replies, or a push, as an operation of the document. */
export interface FrameOperation {
  readonly name: string;
  readonly summary: string;
  readonly action: 'send' | 'receive';
  /** Name of the message. */
  readonly message: string;
  /** Names of the messages that may answer it. */
  readonly replies: readonly string[];
}

export interface FrameMessage {
  readonly payload: JsonSchema;
  readonly title: string;
  /** Whether it has an `id` that a reply repeats. */
  readonly hasId: boolean;
  readonly contentType?: string;
}

export const HEARTBEAT = 'HeartbeatText';
const PLAIN = 'PlainMessage';
const PLAIN_OK = 'PlainOk';
const ERROR = 'ErrorFrame';

/** The types of all frames of the server. */
export const SERVER_FRAME_TYPES = [
  ...(MESSAGES['ServerFrame'] ?? []).map(([, , type]) => type),
  'ServerPush',
];

/** @param types made of `SERVER_FRAME_TYPES` */
export function frameOperations(types: Schemas): readonly FrameOperation[] {
  const replyTypes = new Map(MESSAGES['ServerFrame']?.map(([name, , type]) => [name, type]));
  const actions = Object.entries(ACTIONS).map(([action, { reply }]) => ({
    name: inCamelCase(action),
    summary: ACTION_SUMMARIES[action as Action],
    action: 'receive' as const,
    message: messageNamed(action),
    replies: [...(reply === null ? [] : [replyTypes.get(reply.type) ?? '']), ERROR],
  }));
  const pushes = pushTypes(types).map((type) => ({
    name: `push${type.replace(/Push$/, '')}`,
    summary: types[type]?.description ?? `Pushes ${types[type]?.properties?.['type']?.const}`,
    action: 'send' as const,
    message: type,
    replies: [],
  }));
  return [...actions, ...TEXTS, ...pushes];
}

const TEXTS: readonly FrameOperation[] = [
  {
    name: 'heartbeatText',
    summary: 'The simple heartbeat: a literal text, answered by the same (IM-FRAME-4)',
    action: 'receive',
    message: HEARTBEAT,
    replies: [HEARTBEAT],
  },
  {
    name: 'plainMessage',
    summary: 'A text message of an older client, with `mode=plain` (IM-PLAIN)',
    action: 'receive',
    message: PLAIN,
    replies: [PLAIN_OK, ERROR],
  },
];

/** All frames, by name. Adds the parts that have a name of their own. */
export function frameMessages(
  types: Schemas,
  parts: Record<string, JsonSchema>,
): Readonly<Record<string, FrameMessage>> {
  const requests = Object.entries(ACTIONS).map(([action, { request }]) => {
    const { properties, required = [], ...rest } = requestSchema(request(), messageNamed(action), parts);
    const constant = { action: { type: 'string', const: action } };
    const payload = {
      ...rest,
      properties: { ...constant, ...properties },
      required: ['action', ...required],
    };
    return [
      messageNamed(action),
      { payload, title: action, hasId: properties?.['id'] !== undefined },
    ] as const;
  });
  const isReply = (type: string) => types[type]?.properties?.['id'] !== undefined;
  const server = [...SERVER_FRAME_TYPES.slice(0, -1), ...pushTypes(types)].map(
    (type) =>
      [
        type,
        {
          payload: ref(type),
          title: String(types[type]?.properties?.['type']?.const),
          hasId: isReply(type),
        },
      ] as const,
  );
  const plain = {
    payload: requestSchema(plainFrameSchema(), PLAIN, parts),
    title: 'plain message',
    hasId: false,
  };
  return {
    ...Object.fromEntries([...requests, ...server]),
    [PLAIN]: plain,
    [PLAIN_OK]: literal('ok'),
    [HEARTBEAT]: literal('heartbeat'),
  };
}

function literal(text: string): FrameMessage {
  return {
    payload: { type: 'string', const: text },
    title: `the text ${text}`,
    hasId: false,
    contentType: 'text/plain',
  };
}

function pushTypes(types: Schemas): readonly string[] {
  return (types['ServerPush']?.anyOf ?? []).map(namedBy);
}

/** `desk.open` → `deskOpen`. */
export function inCamelCase(name: string): string {
  return name.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
}
