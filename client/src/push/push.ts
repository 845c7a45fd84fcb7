import type { PushState } from '../model/push-state.ts';
import type { PushOptions, PushPorts } from './push-ports.ts';

/** A device token, from the platform's own library. */
export interface DeviceToken {
  /** `apns` for iOS, `fcm` for Android. */
  readonly provider: 'apns' | 'fcm';
  /** As the platform gave it: hexadecimal for `apns`. */
  readonly token: string;
}

/**
 * Notifications of messages that arrive while the user has the app in front on no device (IM-NOTIFY): Web Push in browsers, and
 * the tokens of iOS and Android. All methods work without a connection, over HTTP, and throw a `RefusedError`, a `NetworkError`, a
 * `TimeoutError` after 10 s, or an `UnauthorizedError`. They run one after the other.
 */
export class Push {
  readonly #ports: PushPorts;
  #state: PushState | undefined;
  #serviceWorker: PushOptions['serviceWorker'];
  #last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(ports: PushPorts) {
    this.#ports = ports;
  }

  /**
   * As far as this client knows: before `load` or `enable`, `disabled` may be any but `unsupported`, and what the server drops after
   * them stays `enabled` until the next `load`. The event `push` reports changes.
   */
  get state(): PushState {
    const allowed = permission();
    // A device token needs no Web Push.
    if (allowed === undefined) return this.#state === 'enabled' ? 'enabled' : 'unsupported';
    return allowed === 'denied' ? 'denied' : (this.#state ?? 'disabled');
  }

  /**
   * Turns notifications on in this browser: asks the user, subscribes, and registers the subscription with the server. Call it
   * from a click, since browsers ignore or punish questions that come by themselves.
   *
   * @returns the new state: `denied` or `disabled` if the user did not agree
   *
   * @example
   * button.onclick = async () => {
   *   const serviceWorker = navigator.serviceWorker.register('/service-worker.js');
   *   if ((await im.push.enable({ serviceWorker })) === 'denied') showHowToAllow();
   * };
   */
  enable(options?: PushOptions): Promise<PushState> {
    // Within the click: it counts no more once code has been loaded.
    const asked = permission() === undefined ? undefined : Notification.requestPermission();
    return this.#run('enable', options, asked);
  }

  /**
   * Finds out the state without asking the user. If they have turned notifications on before, it also registers this device again,
   * with the browser's present subscription: the server may have dropped the device, because the operator has logged it out or the
   * user has more than 20. Call it when the app starts, and after each sign-in. It makes two requests.
   *
   * @example
   * await im.push.load();
   */
  load(options?: PushOptions): Promise<PushState> {
    return this.#run('load', options);
  }

  /**
   * Turns notifications off on this device. Call it before a sign-out: the next user of this browser then gets none of this one's.
   * Even if the server can't be reached, the browser gets no more from then on.
   *
   * @example
   * await im.push.disable();
   */
  async disable(options?: PushOptions): Promise<void> {
    await this.#run('disable', options);
  }

  /**
   * Registers this device's token, in an app that shows notifications by the platform's own library. Call it at each start and when
   * the token changes. The client needs a `deviceId` that stays the same.
   *
   * @example
   * messaging().onTokenRefresh((token) => im.push.register({ provider: 'fcm', token }));
   */
  async register({ provider, token }: DeviceToken): Promise<void> {
    const { http, identity } = this.#ports;
    await http.call('PUT', `/devices/${identity.deviceId}/push`, { provider, token });
    this.#set('enabled');
  }

  #run(
    name: 'enable' | 'load' | 'disable',
    { serviceWorker }: PushOptions = {},
    asked?: Promise<string>,
  ): Promise<PushState> {
    this.#serviceWorker = serviceWorker ?? this.#serviceWorker;
    const worker = this.#serviceWorker;
    const work = async (): Promise<PushState> => {
      // Most users never turn notifications on.
      const { webPush } = await import('./web-push.ts');
      this.#set(await webPush[name](this.#ports, worker, (state) => this.#set(state), asked));
      return this.state;
    };
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #set(state: PushState): void {
    const before = this.state;
    this.#state = state;
    if (this.state !== before) this.#ports.events.emit('push', this.state);
  }
}

/** Undefined where there is no Web Push. */
function permission(): string | undefined {
  const { Notification, PushManager, navigator } = globalThis as Partial<typeof globalThis>;
  return PushManager && navigator?.serviceWorker && Notification?.permission;
}
