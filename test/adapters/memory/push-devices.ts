import type {
  PushDevice,
  PushDeviceReader,
  PushDeviceWriter,
  PushTarget,
} from '../../../lambdas/domain/model/push-registration.ts';

const hashOf = (target: PushTarget) =>
  `${target.provider} ${target.provider === 'webpush' ? target.endpoint : target.token}`;

const keysOf = (target: PushTarget) => ('keys' in target ? JSON.stringify(target.keys) : '');

const kbOf = (devices: readonly PushDevice[]) => Math.ceil(JSON.stringify(devices).length / 1024);

export function inMemoryPushDevices(clock: () => number): PushDeviceReader & PushDeviceWriter {
  const users = new Map<string, readonly PushDevice[]>();
  const of = (userId: string) => users.get(userId) ?? [];
  const change = (userId: string, keep: (device: PushDevice) => boolean) =>
    users.set(userId, of(userId).filter(keep));
  return {
    devicesOf: async (userIds) =>
      new Map(userIds.flatMap((userId) => (of(userId).length > 0 ? [[userId, of(userId)]] : []))),
    async register(userId, deviceId, target, maximum) {
      const hash = hashOf(target);
      const before = of(userId).find((device) => device.deviceId === deviceId);
      if (before?.hash === hash && keysOf(before.target) === keysOf(target)) return 0;
      for (const owner of users.keys()) change(owner, (device) => device.hash !== hash);
      change(userId, (device) => device.deviceId !== deviceId);
      const kept = [...of(userId)].sort((a, b) => a.registeredAtMs - b.registeredAtMs);
      const added = { deviceId, target, hash, registeredAtMs: clock() };
      users.set(userId, [...kept.slice(kept.length < maximum ? 0 : 1), added]);
      return kbOf(of(userId)) + 1;
    },
    async unregister(userId, deviceId) {
      const kb = kbOf(of(userId));
      const before = of(userId).length;
      change(userId, (device) => deviceId !== undefined && device.deviceId !== deviceId);
      const removed = before - of(userId).length;
      return removed === 0 ? 0 : kb + removed;
    },
    async forget(userId, { deviceId, hash }) {
      change(userId, (device) => device.deviceId !== deviceId || device.hash !== hash);
    },
    async keepEndpoint(userId, { deviceId, hash }, endpointArn) {
      const withArn = of(userId).map((device) =>
        device.deviceId === deviceId && device.hash === hash && device.target.provider !== 'webpush'
          ? { ...device, target: { ...device.target, endpointArn } }
          : device,
      );
      users.set(userId, withArn);
    },
  };
}
