import type { HttpApi } from './http-api.ts';

/** This client's user and device. The server names the user, since it decides which claim of the token counts. */
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

  /** Takes the user id from `welcome`. */
  learn(userId: string): void {
    this.#userId = userId;
  }

  /** Resolves to the user id; asks the server if it isn't known yet. */
  async resolve(): Promise<string> {
    this.#userId ??= (await this.#http.session(this.deviceId)).userId;
    return this.#userId;
  }
}
