import type { PushProvider } from '../../../protocol/notifications.ts';

/** Where a device's notifications go. Anybody who knows it can send to the device: it is a secret, and never logged. */
export type PushTarget =
  | {
      readonly provider: 'webpush';
      readonly endpoint: string;
      /** In base64url, as the browser gave them. */
      readonly keys: { readonly p256dh: string; readonly auth: string };
    }
  | {
      readonly provider: 'apns' | 'fcm';
      readonly token: string;
      /** Of the platform endpoint, once there is one. */
      readonly endpointArn?: string;
    };

/** A device that gets notifications (IM-NOTIFY-1). */
export interface PushDevice {
  readonly deviceId: string;
  readonly target: PushTarget;
  /** Hash of endpoint or token: tells registrations of a device apart, and is no secret. */
  readonly hash: string;
  readonly registeredAtMs: number;
}

export interface PushDeviceReader {
  /** By user, of up to 100 users in one request. Users without devices are left out. */
  devicesOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly PushDevice[]>>;
}

export interface PushDeviceWriter {
  /**
   * Registers a device, in place of its former registration. Takes the target from the device that has it, whoever's it is. One more than
   * `maximum` replaces the one that registered first. Writes nothing if it is so already.
   * @returns the KB that were written, a row being one at least
   */
  register(userId: string, deviceId: string, target: PushTarget, maximum: number): Promise<number>;
  /** Removes a device, or all of them. Idempotent. @returns the KB that were written, a row being one at least */
  unregister(userId: string, deviceId?: string): Promise<number>;
  /** Removes a registration whose target is gone, unless the device has registered anew. */
  forget(userId: string, device: Pick<PushDevice, 'deviceId' | 'hash'>): Promise<void>;
  /** Keeps the ARN of a platform endpoint, unless the device has registered anew. */
  keepEndpoint(
    userId: string,
    device: Pick<PushDevice, 'deviceId' | 'hash'>,
    endpointArn: string,
  ): Promise<void>;
}

/** The push services of this deployment. */
export interface PushOptions {
  /** `undefined`: no browsers. */
  readonly webPushPublicKey: string | undefined;
  readonly providers: readonly PushProvider[];
  /** Hosts of push services beyond the known ones. */
  readonly hosts: readonly string[];
}
