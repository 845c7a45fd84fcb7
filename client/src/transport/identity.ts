import type { HttpApi } from './http-api.ts';

/** Who this client is: the server knows, since which claim of the token says so is its option. */
export class Identity {
  readonly deviceId: string;
  readonly #http: Pick<HttpApi, 'session'>;
  #userId: string | undefined;

  constructor(deviceId: string, http: Pick<HttpApi, 'session'>) {
    this.deviceId = deviceId;
    this.#http = http;
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  /** `welcome` says it too. */
  learn(userId: string): void {
    this.#userId = userId;
  }

  /** Asks if it isn't known yet. */
  async resolve(): Promise<string> {
    this.#userId ??= (await this.#http.session(this.deviceId)).userId;
    return this.#userId;
  }
}
