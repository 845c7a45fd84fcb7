import type { RouteReader, Session } from '../model/session.ts';

/** Returns the sessions of up to 100 users, by one strong read. */
export async function findSessions(
  { routes }: { readonly routes: RouteReader },
  users: readonly string[],
  exceptConnectionId?: string,
): Promise<readonly Session[]> {
  if (users.length === 0) return [];
  const found = await routes.sessionsOf([...new Set(users)]);
  return [...found.values()].flat().filter(({ connectionId }) => connectionId !== exceptConnectionId);
}
