import type { PushService } from '../../fixtures/push/push-service.ts';
import type { World } from './world.ts';

/** What the users of a run have registered for notifications: a browser each, in which they are told of what they miss. */
export class Browsers {
  readonly #world: World;
  readonly #service: PushService;

  constructor(world: World, service: PushService) {
    this.#world = world;
    this.#service = service;
  }

  /** Before any fault. */
  async registerAll(): Promise<void> {
    const { accounts, recorder } = this.#world;
    await Promise.all(
      accounts.map(async (account) => {
        const { user } = account;
        const { subscription } = this.#service.subscribe(({ payload }) =>
          recorder.add({ type: 'notified', user, payload }),
        );
        const { status } = await account.request('PUT', '/devices/browser/push', {
          provider: 'webpush',
          subscription,
        });
        if (status !== 204) throw new Error(`${user} cannot register a browser: ${status}`);
      }),
    );
  }

  /** The faults have ended: somebody who is away is written to, and must be told (IM-NOTIFY-2). */
  async probe(): Promise<void> {
    const { accounts, recorder, conversations, infrastructure } = this.#world;
    const away = accounts.findLast(
      ({ user }) => !this.#world.isErased(user) && this.#world.app(user) === undefined,
    );
    const direct = conversations.find(({ conversationId, members }) => {
      return conversationId.startsWith('dm:') && away !== undefined && members.includes(away.user);
    });
    const from = direct?.members.find((user) => user !== away?.user && !this.#world.isErased(user));
    if (away === undefined || direct === undefined || from === undefined) return;
    for (const device of this.#world.devices) if (device.user === away.user) await device.close();
    if ((await this.#world.account(away.user).block(from, false)) !== 'done') return;
    // Refused: there is no message yet, so it has no settings.
    await this.#world.account(away.user).set(direct.conversationId, { muted: false, notify: 'all' });
    await infrastructure.proxy.untilIdle();
    const intent = this.#world.write(direct, from);
    const outcome = await this.#world.account(from).post(intent, { byPeer: false, hint: false, skewMs: 0 });
    if (outcome.is === 'acked') recorder.add({ type: 'due', user: away.user, messageId: outcome.messageId });
  }
}
