import { ClosedError, ImError, RefusedError, UnauthorizedError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import type { Attempt } from './connection.ts';
import type { DeskPush } from './frames.ts';
import { type HttpApi, queryString } from './http-api.ts';
import type { Identity } from './identity.ts';
import { Session, type SessionEvents } from './session.ts';
import type { Tokens } from './tokens.ts';

export interface Dialer {
  readonly wsUrl: string;
  readonly identity: Pick<Identity, 'deviceId'>;
  readonly tokens: Tokens;
  readonly http: Pick<HttpApi, 'session'>;
  readonly environment: Environment;
  readonly logger: Logger;
  /** The connection this one takes the place of, if its end wasn't seen by the server (IM-CONN-4). */
  replaces: string | undefined;
  readonly feed: { push: SessionEvents['onMessages'] };
  readonly incoming: { push: SessionEvents['onPush'] };
  readonly events: { emit(name: 'desk', push: DeskPush): void };
}

/** Answers of `GET /session` that trying again can't change (IM-CONN-2, IM-CONN-4). */
const FINAL_STATUSES: readonly (number | undefined)[] = [400, 401, 403, 409];

/** Opens a session. Rejects with an `ImError` whose `retryable` says whether another attempt makes sense. */
export async function dial(dialer: Dialer, attempt: Attempt): Promise<Session> {
  const token = await dialer.tokens.fresh();
  // Closed meanwhile. A socket opened now could replace the one of a later attempt.
  if (attempt.dropped) throw new ClosedError();
  const session = openSession(dialer, token, attempt);
  attempt.onDrop(() => session.close());
  try {
    await session.opened;
    return session;
  } catch (error) {
    throw attempt.dropped ? error : await explain(dialer, error);
  }
}

function openSession(dialer: Dialer, token: string, attempt: Attempt): Session {
  const { environment, logger } = dialer;
  try {
    // A browser can't set headers, so the token travels as a subprotocol (IM-CONN-1).
    const socket = new environment.WebSocket(urlOf(dialer), ['im.v1', `im.token.${token}`]);
    const events: SessionEvents = {
      onMessages: (messages) => dialer.feed.push(messages),
      onPush: (push) => dialer.incoming.push(push),
      onDesk: (push) => dialer.events.emit('desk', push),
      onLost: (error) => attempt.lost(error),
    };
    return new Session(socket, environment, events, logger);
  } catch (cause) {
    // The constructor throws for a URL or a token that no attempt will ever get through.
    throw new ImError('invalid_request', 'wsUrl or token is malformed', { retryable: false, cause });
  }
}

function urlOf({ wsUrl, identity, replaces }: Dialer): string {
  const query = queryString({ deviceId: identity.deviceId, replaces });
  return wsUrl + (wsUrl.includes('?') ? query.replace('?', '&') : query);
}

/** A browser isn't told why an upgrade failed; HTTP tells (IM-CONN-7). */
async function explain(dialer: Dialer, error: unknown): Promise<unknown> {
  try {
    await dialer.http.session(dialer.identity.deviceId);
    return error;
  } catch (reason) {
    if (reason instanceof UnauthorizedError) return reason;
    if (!(reason instanceof RefusedError) || !FINAL_STATUSES.includes(reason.status)) return error;
    if (reason.status !== 409 || dialer.replaces === undefined) return reason;
    // The device has another session by now, or only our own old one: without `replaces` the next attempt tells.
    dialer.replaces = undefined;
    return error;
  }
}
