/**
 * A source of profiles (IM-PROFILE-3): the business's own user data, asked for when a profile is missing or outdated.
 *
 *     npm start -- -c profileSource=examples/profiles/handler.ts
 *
 * The page then shows alice, bob, and carol by these names. Yours would read a database, or ask a service, for all ids at once.
 */
import users from './users.json' with { type: 'json' };

interface User {
  readonly name: string;
  readonly team?: string;
}

const USERS: ReadonlyMap<string, User> = new Map(Object.entries(users));

/** @param question up to 100 user ids; users that the answer leaves out have no profile */
export async function handler({ userIds }: { readonly userIds: readonly string[] }) {
  return {
    profiles: userIds.flatMap((userId) => {
      const user = USERS.get(userId);
      return user === undefined ? [] : [{ userId, name: user.name, custom: { team: user.team ?? 'none' } }];
    }),
  };
}
