import { LIMITS } from '../../../protocol/limits.ts';
import type { PushBody, PushRegistration } from '../../../protocol/notifications.ts';
import { InvalidRequestError } from '../../shared/errors.ts';
import type { Budget } from '../model/budget.ts';
import { registrationPrice } from '../model/prices.ts';
import type { PushDeviceWriter, PushOptions, PushTarget } from '../model/push-registration.ts';
import { isPushService } from '../model/push-services.ts';

export interface RegisterPorts {
  readonly budget: Budget;
  readonly pushDeviceWriter: PushDeviceWriter;
  readonly pushOptions: PushOptions;
}

/** What a device may register for. */
export function showPush({ webPushPublicKey, providers }: PushOptions): PushBody {
  return {
    ...(webPushPublicKey !== undefined && { webpush: { publicKey: webPushPublicKey } }),
    apns: providers.includes('apns'),
    fcm: providers.includes('fcm'),
  };
}

/**
 * Registers a device for notifications (IM-NOTIFY-1). Idempotent.
 * @throws {InvalidRequestError} a provider that this deployment doesn't have, or an endpoint at no known push service
 */
export async function registerDevice(
  { budget, pushDeviceWriter, pushOptions }: RegisterPorts,
  userId: string,
  deviceId: string,
  registration: PushRegistration,
): Promise<void> {
  const { provider } = registration;
  if (!pushOptions.providers.includes(provider))
    throw new InvalidRequestError([
      { path: 'provider', message: `is not one of this deployment: ${pushOptions.providers.join(', ')}` },
    ]);
  const target = targetOf(registration, pushOptions.hosts);
  const writtenKb = await pushDeviceWriter.register(userId, deviceId, target, LIMITS.pushDevices);
  await budget.charge(registrationPrice(writtenKb));
}

/** Removes the registration of a device (IM-NOTIFY-1). Idempotent. */
export async function unregisterDevice(
  { budget, pushDeviceWriter }: Pick<RegisterPorts, 'budget' | 'pushDeviceWriter'>,
  userId: string,
  deviceId: string,
): Promise<void> {
  const writtenKb = await pushDeviceWriter.unregister(userId, deviceId);
  await budget.charge(registrationPrice(writtenKb));
}

/** Without what a browser adds. */
function targetOf(registration: PushRegistration, hosts: readonly string[]): PushTarget {
  if (registration.provider !== 'webpush') return registration;
  const { endpoint, keys } = registration.subscription;
  if (!isPushService(endpoint, hosts))
    throw new InvalidRequestError([
      { path: 'subscription.endpoint', message: 'is not an https URL of a known push service' },
    ]);
  return { provider: 'webpush', endpoint, keys };
}
