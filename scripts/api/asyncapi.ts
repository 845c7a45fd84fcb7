import { schemasOfTypes } from './answer-schemas.ts';
import { EVENTS, eventPayload, serviceMessages } from './events.ts';
import { FRAME_EXAMPLES } from './frame-examples.ts';
import { frameMessages, frameOperations, inCamelCase, SERVER_FRAME_TYPES } from './frames.ts';
import { discriminated, type JsonSchema, mapSchemas, ref, referredTo } from './json-schema.ts';
import { SOCKET_DESCRIPTION, WS_BINDING } from './socket-channel.ts';

/** The frames of the socket, the topic of events, and the service queue, as AsyncAPI 3. */
export function asyncApi(): object {
  const parts: Record<string, JsonSchema> = {};
  const types = schemasOfTypes([...SERVER_FRAME_TYPES, 'ImEvent', 'EventData']);
  const frames = frameMessages(types, parts);
  const messages = {
    ...Object.fromEntries(
      Object.entries(frames).map(([name, { payload, title, hasId, contentType }]) => [
        name,
        {
          name: title,
          ...(hasId && { correlationId: { $ref: '#/components/correlationIds/frameId' } }),
          ...(contentType !== undefined && { contentType }),
          payload,
          ...examplesOf(name),
        },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(EVENTS).map(([type, facts]) => [
        eventName(type),
        {
          name: type,
          summary: facts.summary,
          headers: ref('EventAttributes'),
          payload: eventPayload(type, facts, types),
          ...examplesOf(eventName(type)),
        },
      ]),
    ),
    ...Object.fromEntries(
      serviceMessages(parts).map(({ type, summary, payload }) => [
        serviceName(type),
        { name: type, summary, payload, ...examplesOf(serviceName(type)) },
      ]),
    ),
  };
  // AsyncAPI's `discriminator` is another one.
  const schemas = mapSchemas(
    discriminated({ ...parts, ...types, EventAttributes: ATTRIBUTES }),
    ({ discriminator: _, ...schema }) => schema,
  );
  const { EventAttributes: _, ...used } = schemas;
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'serverless-im: socket, events, and service queue',
      version: '1',
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: SERVERS,
    channels: channelsOf(Object.keys(frames)),
    operations: operationsOf(types),
    components: {
      messages,
      schemas: { ...referredTo(Object.values(messages), { ...used, EventAttributes: ATTRIBUTES }) },
      correlationIds: {
        frameId: {
          description: 'A reply has the `id` of the frame that it answers (IM-FRAME-1).',
          location: '$message.payload#/id',
        },
      },
      securitySchemes: {
        userToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'In the header `Authorization`, or, from browsers, as the subprotocol `im.token.<JWT>` beside `im.v1` (IM-CONN-1).',
        },
      },
    },
  };
}

const DESCRIPTION = [
  'What serverless-im sends and receives without a request of HTTP. The application that this document describes is the server: it *receives* what a client sends. `docs/protocol.md` is the contract; its clauses (such as IM-SEND-2) are cited here.',
  'Times are epoch milliseconds. Receivers ignore fields and types that they do not know. Frames of one socket may be processed concurrently: wait for the reply where order matters (IM-FRAME-7).',
].join('\n\n');

/** The stage of the WebSocket API; a name of one's own has none. */
const STAGE = '/prod';

const SERVERS = {
  deployment: {
    host: '{apiId}.execute-api.{region}.amazonaws.com',
    pathname: STAGE,
    protocol: 'wss',
    description: 'The output `WebSocketUrl` of the stack.',
    variables: {
      apiId: { default: 'abcdefghij', description: 'id of the WebSocket API' },
      region: { default: 'us-east-1', description: 'region of the stack' },
    },
    security: [{ $ref: '#/components/securitySchemes/userToken' }],
  },
  local: {
    host: '127.0.0.1:8787',
    pathname: STAGE,
    protocol: 'ws',
    description: 'This machine, after `start`.',
    security: [{ $ref: '#/components/securitySchemes/userToken' }],
  },
  topic: {
    host: 'sns.{region}.amazonaws.com',
    protocol: 'sns',
    variables: { region: { default: 'us-east-1' } },
  },
  queue: {
    host: 'sqs.{region}.amazonaws.com',
    protocol: 'sqs',
    variables: { region: { default: 'us-east-1' } },
  },
};

const text = (description: string, rest: object = {}) => ({ type: 'string', description, ...rest });

/** Message attributes of an event, for filter policies (IM-EVENT-4). */
const ATTRIBUTES: JsonSchema = {
  type: 'object',
  description: 'Message attributes, for filter policies (IM-EVENT-4).',
  properties: {
    type: text('of the event'),
    conversationId: text('the conversation'),
    kind: text('of the conversation', { enum: ['direct', 'group', 'support'] }),
    actor: text('the user who did it'),
    userId: text('of a ban, and of whom a call of the admin API was about'),
    content: text('of a message: the type of its content'),
    event: text('of a system message'),
    change: text('kind of a change'),
  },
  required: ['type'],
};

const TYPES_OF_SERVICE = ['message.send', 'message.edit', 'message.recall', 'user.banned', 'user.unbanned'];

function channelsOf(frames: readonly string[]): object {
  const server = (name: string) => ({ $ref: `#/servers/${name}` });
  return {
    socket: {
      address: '/',
      title: 'Socket',
      description: SOCKET_DESCRIPTION,
      servers: [server('deployment'), server('local')],
      messages: refsTo(frames),
      bindings: { ws: WS_BINDING },
    },
    events: {
      address: 'EventsTopicArn',
      title: 'Topic of events',
      description:
        'With the option `events`: an SNS topic, whose ARN is the output `EventsTopicArn`. At least once, in no order; known by `id` (IM-EVENT-1). Subscribe with raw message delivery to get the payload alone.',
      servers: [server('topic')],
      messages: refsTo(Object.keys(EVENTS).map(eventName)),
      bindings: { sns: { name: 'EventsTopicArn', bindingVersion: '0.1.0' } },
    },
    serviceQueue: {
      address: 'ServiceQueueUrl',
      title: 'Service queue',
      description:
        'An SQS queue, whose URL is the output `ServiceQueueUrl`, for services of the account (section 8). At least once, in any order. What is malformed or refused lands in `ServiceDeadLetterQueueUrl`.',
      servers: [server('queue')],
      messages: refsTo(TYPES_OF_SERVICE.map(serviceName)),
      bindings: {
        sqs: { queue: { name: 'ServiceQueueUrl', fifoQueue: false }, bindingVersion: '0.2.0' },
      },
    },
  };
}

function refsTo(names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operationsOf(types: Readonly<Record<string, JsonSchema>>): object {
  const channel = (name: string) => ({ $ref: `#/channels/${name}` });
  const inChannel = (name: string, message: string) => ({ $ref: `#/channels/${name}/messages/${message}` });
  const frames = frameOperations(types).map(({ name, summary, action, message, replies }) => [
    name,
    {
      action,
      channel: channel('socket'),
      summary,
      messages: [inChannel('socket', message)],
      ...(replies.length > 0 && {
        reply: { channel: channel('socket'), messages: replies.map((one) => inChannel('socket', one)) },
      }),
    },
  ]);
  return {
    ...Object.fromEntries(frames),
    publishEvent: {
      action: 'send',
      channel: channel('events'),
      summary: 'Publishes what was stored (IM-EVENT-1)',
      messages: Object.keys(EVENTS).map((type) => inChannel('events', eventName(type))),
    },
    serveEvent: {
      action: 'receive',
      channel: channel('serviceQueue'),
      summary: 'Serves an event of another service (section 8)',
      messages: TYPES_OF_SERVICE.map((type) => inChannel('serviceQueue', serviceName(type))),
    },
  };
}

function examplesOf(message: string): object {
  const payload = FRAME_EXAMPLES[message];
  return payload === undefined ? {} : { examples: [{ payload }] };
}

/** `message.created` → `MessageCreatedEvent`. */
function eventName(type: string): string {
  return `${inPascalCase(type)}Event`;
}

/** `message.send` → `MessageSendRequest`. */
function serviceName(type: string): string {
  return `${inPascalCase(type)}Request`;
}

function inPascalCase(type: string): string {
  const name = inCamelCase(type);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
