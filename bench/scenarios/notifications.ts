import { startPushService } from '../stack/push-service.ts';
import { joinPair, type Scenario, sending, sendTen } from './scenario.ts';

const DEVICES = 10;
/** `LIMITS.pushDevices` */
const MOST_DEVICES = 20;
/** Random bytes of a long endpoint, of 1,000 characters with its origin. */
const LONG = 730;
/** A low limit, since each notification waits for three seconds. */
const MOST_ROUNDS = 4;

/** Registrations of devices, and messages that notify them. */
export const notifications: Scenario = {
  name: 'notifications',
  isChecked: true,
  context: { webPushSubject: 'mailto:ops@example.com', notificationText: 'preview' },
  async run({ stack, measure, rounds }) {
    const service = await startPushService();
    const pathOf = (n: number) => `/devices/device-${String(n).padStart(2, '0')}/push`;
    const register = (user: string, n: number, body = service.subscribe()) =>
      stack.http(user, pathOf(n), { method: 'PUT', body });
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const { a, b, alice, bob } = await joinPair(stack);
      await stack.http(a, '/profile', { method: 'PUT', body: { name: 'Alice' } });
      await sendTen(alice, b);
      await measure('what a device may register for', () => stack.http(b, '/push'));
      const first = service.subscribe();
      await measure('a device registered', () => register(b, 0, first));
      await measure('the same device registered again', () => register(b, 0, first));
      await register(b, 1);
      await measure('a device unregistered', () => stack.http(b, pathOf(1), { method: 'DELETE' }));
      await measure('a session sent to the background', () =>
        bob.request({ action: 'active', active: false }),
      );
      // The first one reads the private key.
      await alice.request(sending(b));
      await measure('message, taken in the background', () => alice.request(sending(b)));
      await stack.leave(bob);
      await measure('message, receiver away, one device', () => alice.request(sending(b)));
      for (let n = 1; n < DEVICES; n += 1) await register(b, n);
      await measure(`message, receiver away, ${DEVICES} devices`, () => alice.request(sending(b)));
      for (let n = DEVICES; n < MOST_DEVICES - 1; n += 1) await register(b, n, service.subscribe(LONG));
      const last = MOST_DEVICES - 1;
      await measure('the 20th device registered, with a long endpoint', () =>
        register(b, last, service.subscribe(LONG)),
      );
      await measure('the 20th device unregistered', () => stack.http(b, pathOf(last), { method: 'DELETE' }));
      await stack.leave(alice);
    }
    await service.stop();
  },
};
