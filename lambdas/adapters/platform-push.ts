import {
  CreatePlatformEndpointCommand,
  DeleteEndpointCommand,
  PublishCommand,
  SetEndpointAttributesCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import type { PushMessage, PushResult, PushSender } from '../domain/model/notification.ts';
import { logger } from '../shared/logger.ts';

/*
 * APNs and FCM, through SNS platform endpoints, one for each token.
 *
 * first notification of a device   CreatePlatformEndpoint → SetEndpointAttributes → Publish
 * others                           Publish
 *
 * docs.aws.amazon.com/sns/latest/dg/mobile-platform-endpoint.html: an endpoint that exists may be disabled, or have other attributes.
 * Error messages of SNS name endpoints, so only their names are logged.
 */

export interface PlatformOptions {
  readonly apnsPlatformArn?: string | undefined;
  readonly fcmPlatformArn?: string | undefined;
  /** For all calls of a device together. @default 4_000 */
  readonly timeoutMs?: number;
}

/** SNS isn't asked again for this long after it did not answer: a batch of 200 devices must fit the function's time. */
const PAUSE_MS = 5_000;

type Within = { readonly abortSignal: AbortSignal };

const LATER: PushResult = { afterSeconds: 0 };
/** The request itself is wrong: another attempt is no use. */
const REFUSALS = ['InvalidParameter', 'InvalidParameterException', 'InvalidParameterValueException'];
const DISABLED = ['EndpointDisabled', 'EndpointDisabledException'];
const NOT_FOUND = ['NotFound', 'NotFoundException'];

export function createPlatformPush({
  apnsPlatformArn,
  fcmPlatformArn,
  timeoutMs = 4_000,
}: PlatformOptions): PushSender {
  // The queue tries again.
  const client = new SNSClient({ maxAttempts: 1 });
  let pausedUntilMs = 0;

  async function makeEndpoint(platformArn: string, token: string, within: Within): Promise<string> {
    const EndpointArn = await createOrFind(platformArn, token, within);
    // The token is fresh: its device has registered. One that SNS had disabled before is enabled.
    const Attributes = { Token: token, Enabled: 'true' };
    await client.send(new SetEndpointAttributesCommand({ EndpointArn, Attributes }), within);
    return EndpointArn;
  }

  async function createOrFind(
    PlatformApplicationArn: string,
    Token: string,
    within: Within,
  ): Promise<string> {
    try {
      const command = new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token });
      const created = await client.send(command, within);
      return created.EndpointArn ?? '';
    } catch (error) {
      // Somebody else has made it, with other attributes. Only the message says which it is.
      const [, existing] =
        /Endpoint (arn:\S+) already exists with the same Token/.exec(messageOf(error)) ?? [];
      if (existing === undefined) throw error;
      return existing;
    }
  }

  async function publish(
    TargetArn: string,
    platformArn: string,
    message: PushMessage,
    within: Within,
  ): Promise<void> {
    const [, platform = ''] = /:app\/([^/]+)\//.exec(platformArn) ?? [];
    const isApple = platform.startsWith('APNS');
    await client.send(
      new PublishCommand({
        TargetArn,
        MessageStructure: 'json',
        Message: JSON.stringify({
          // SNS asks for it, and sends it to no platform that has an own text.
          default: NO_WORDS,
          [platform]: JSON.stringify(isApple ? appleMessage(message) : googleMessage(message)),
        }),
        MessageAttributes: isApple ? appleAttributes(platform, message) : googleAttributes(message),
      }),
      within,
    );
  }

  return {
    async send(target, message, onEndpoint) {
      const platformArn = target.provider === 'apns' ? apnsPlatformArn : fcmPlatformArn;
      if (target.provider === 'webpush' || platformArn === undefined) return 'refused';
      if (performance.now() < pausedUntilMs) return LATER;
      const within = { abortSignal: AbortSignal.timeout(timeoutMs) };
      let endpointArn = target.endpointArn;
      try {
        if (endpointArn === undefined) {
          endpointArn = await makeEndpoint(platformArn, target.token, within);
          await onEndpoint(endpointArn);
        }
        await publish(endpointArn, platformArn, message, within);
        return 'took';
      } catch (error) {
        const name = error instanceof Error ? error.name : 'unknown';
        // The platform has said that the token is invalid: the app is gone, or has another token.
        if (DISABLED.includes(name)) {
          const command = new DeleteEndpointCommand({ EndpointArn: endpointArn });
          await client.send(command, within).catch(() => undefined);
          return 'gone';
        }
        // The endpoint was deleted, by hand or with its platform. The device registers again at its next start.
        if (NOT_FOUND.includes(name) && target.endpointArn !== undefined) return 'gone';
        if (within.abortSignal.aborted) pausedUntilMs = performance.now() + PAUSE_MS;
        logger.warn('push platform refused', { provider: target.provider, name });
        return REFUSALS.includes(name) ? 'refused' : LATER;
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html */
function appleMessage({ payload }: PushMessage) {
  const { title, body, conversationId } = payload;
  const alert = { ...(title && { title }), body: body ?? (title === undefined ? NO_WORDS : '') };
  return { aps: { alert, sound: 'default', 'thread-id': conversationId, 'mutable-content': 1 }, ...payload };
}

/** docs.aws.amazon.com/sns/latest/dg/sns-fcm-v1-payloads.html: values of `data` are text. */
function googleMessage({ payload, topic, ttlSeconds }: PushMessage) {
  const { conversationId, seq, messageId, title, body } = payload;
  const notification = { ...(title && { title }), body: body ?? (title === undefined ? NO_WORDS : '') };
  return {
    fcmV1Message: {
      message: {
        notification,
        data: { conversationId, seq: String(seq), messageId },
        android: {
          collapse_key: topic,
          priority: 'high',
          ttl: `${ttlSeconds}s`,
          notification: { tag: conversationId },
        },
      },
    },
  };
}

/** What a lock screen shows when the deployment tells push services nothing: an app can replace it. */
const NO_WORDS = 'New message';

/** docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html, sns-ttl.html: those of APNs name the platform. */
function appleAttributes(platform: string, { topic, ttlSeconds }: PushMessage) {
  const name = `AWS.SNS.MOBILE.${platform}`;
  return {
    [`${name}.TTL`]: text(ttlSeconds),
    'AWS.SNS.MOBILE.APNS.COLLAPSE_ID': text(topic),
    'AWS.SNS.MOBILE.APNS.PUSH_TYPE': text('alert'),
    'AWS.SNS.MOBILE.APNS.PRIORITY': text(10),
  };
}

function googleAttributes({ ttlSeconds }: PushMessage) {
  return { 'AWS.SNS.MOBILE.FCM.TTL': text(ttlSeconds) };
}

function text(value: string | number) {
  return { DataType: 'String', StringValue: String(value) };
}
