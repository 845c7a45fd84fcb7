import type { PushSender } from '../domain/model/notification.ts';

export interface Senders {
  readonly webPush: PushSender | undefined;
  readonly platforms: PushSender;
}

/** Sends each notification by its own way. */
export function createPushSender({ webPush, platforms }: Senders): PushSender {
  return {
    async send(target, message, onEndpoint) {
      const sender = target.provider === 'webpush' ? webPush : platforms;
      return (await sender?.send(target, message, onEndpoint)) ?? 'refused';
    },
  };
}
