import { CLOSE_REASONS } from '../../protocol/codes.ts';
import { DEVICE_ID } from '../../protocol/ids.ts';
import { CLOSE_MEANINGS } from '../field-meanings.ts';

const closeReasons = Object.entries(CLOSE_REASONS).map(
  ([code, { reconnect }]) =>
    `- \`${code}\` (${reconnect ? 'connect again' : 'do not connect again'}): ${CLOSE_MEANINGS[code as keyof typeof CLOSE_REASONS]}`,
);

export const SOCKET_DESCRIPTION = [
  'Offer the subprotocols `im.v1` and `im.token.<JWT>`. With `im.v1.pb` in place of `im.v1`, each frame is the base64 text of a `ClientFrame` or `ServerFrame` of `protocol/im.proto` (IM-PB): the same fields as here.',
  'A refused upgrade: 400 malformed query, 401 token, 403 origin or ban, 409 and 502 another session of the device (IM-CONN-2, IM-CONN-4). Browsers can’t see why: `GET /session` of the HTTP API says it.',
  'Close codes of the gateway: 1001 after 10 minutes of silence or 2 hours, 1003 for a binary frame, 1009 for a frame above 32 KB or a message above 128 KB. Decide by the frame `session.closed`, never by the close code:',
  closeReasons.join('\n'),
].join('\n\n');

const text = (description: string, rest: object = {}) => ({ type: 'string', description, ...rest });

/** What the upgrade takes. */
export const WS_BINDING = {
  method: 'GET',
  query: {
    type: 'object',
    properties: {
      deviceId: text('this device; if it is absent, the server makes one for this connection', {
        pattern: DEVICE_ID.source,
      }),
      mode: text('`plain` for simple tools and older clients (IM-CONN-6)', { enum: ['managed', 'plain'] }),
      replaces: text('a connection of your own that this one replaces (IM-CONN-4)'),
    },
  },
  headers: {
    type: 'object',
    properties: {
      'Sec-WebSocket-Protocol': text(
        '`im.v1, im.token.<JWT>`, or with `im.v1.pb`; the answer never has the token',
      ),
      Authorization: text('`Bearer <JWT>`, in place of `im.token.<JWT>`'),
      Origin: text('an allowed one, if it is there'),
    },
  },
  bindingVersion: '0.1.0',
};
