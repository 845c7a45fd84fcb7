import {
  devicePath,
  type NOTIFICATION_HTTP_ROUTES,
  pushRegistrationSchema,
} from '../../protocol/notifications.ts';
import {
  type RegisterPorts,
  registerDevice,
  showPush,
  unregisterDevice,
} from '../domain/notifications/register.ts';
import { parseWith } from '../shared/parse.ts';
import type { Answers } from './http.ts';

/** The additional routes of a deployment with notifications (docs/protocol.md, section 24). */
export function notificationAnswers(
  ports: RegisterPorts,
): Answers<(typeof NOTIFICATION_HTTP_ROUTES)[number]> {
  return {
    'GET /push': { answer: async () => showPush(ports.pushOptions) },
    'PUT /devices/{deviceId}/push': {
      status: 204,
      answer: async ({ userId, path, body }) => {
        const { deviceId } = parseWith(devicePath, path);
        await registerDevice(ports, userId, deviceId, parseWith(pushRegistrationSchema, body()));
        return undefined;
      },
    },
    'DELETE /devices/{deviceId}/push': {
      status: 204,
      answer: async ({ userId, path }) => {
        await unregisterDevice(ports, userId, parseWith(devicePath, path).deviceId);
        return undefined;
      },
    },
  };
}
