import type { ClientEvents } from '../model/events.ts';
import type { Emitter } from '../support/emitter.ts';
import type { HttpApi } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { PushServiceWorker } from './service-worker.ts';

/** Options of `Push.enable`, `load`, and `disable`. */
export interface PushOptions {
  /**
   * The service worker that shows the notifications. Several users of one browser need one each, with scopes of their own,
   * since a service worker has one subscription. Defaults to that of the page's address.
   */
  readonly serviceWorker?: PushServiceWorker | Promise<PushServiceWorker> | undefined;
}

export interface PushPorts {
  readonly events: Pick<Emitter<ClientEvents>, 'emit'>;
  readonly http: Pick<HttpApi, 'call'>;
  readonly identity: Pick<Identity, 'deviceId' | 'resolve'>;
}
