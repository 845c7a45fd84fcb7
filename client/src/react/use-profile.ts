import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Client } from '../api/client.ts';
import type { Profile } from '../model/people.ts';
import { keepLoaded } from './keep-loaded.ts';

/** Just after the client has forgotten that it knows them (IM-PROFILE-1): a timer may come a little early. */
const REFRESH_MS = 601_000;

/**
 * A user's name and picture, while the component is mounted: null if the user has none, undefined until they are read. All
 * components share their requests, and read them again after ten minutes, so every row of a list can use this. Without a user
 * id it makes no request.
 *
 * @example
 * ```tsx
 * const profile = useProfile(im, message.from);
 * return <b>{profile?.name ?? message.from}</b>;
 * ```
 */
export function useProfile(im: Client, userId: string | undefined): Profile | null | undefined {
  return useProfiles(im, userId === undefined ? [] : [userId]).get(userId ?? '');
}

/**
 * The names and pictures of several users, as `useProfile` has them. The same map until one of them changes.
 *
 * @example
 * ```tsx
 * const profiles = useProfiles(im, users);
 * return <p>{users.map((userId) => profiles.get(userId)?.name ?? userId).join(', ')} typing…</p>;
 * ```
 */
export function useProfiles(
  im: Client,
  userIds: readonly string[],
): ReadonlyMap<string, Profile | null | undefined> {
  const key = userIds.join();
  const look = useMemo(() => {
    const ids = key === '' ? [] : key.split(',');
    let latest: ReadonlyMap<string, Profile | null | undefined> = new Map();
    return () => {
      const known = new Map(ids.map((userId) => [userId, im.profiles.known(userId)]));
      if (ids.some((userId) => known.get(userId) !== latest.get(userId))) latest = known;
      return latest;
    };
  }, [im, key]);
  useEffect(() => {
    if (key === '') return;
    const load = () => Promise.all(key.split(',').map((userId) => im.profiles.get(userId)));
    return keepLoaded(im.engine, load, REFRESH_MS);
  }, [im, key]);
  const subscribe = useCallback((onChange: () => void) => im.on('profiles', onChange), [im]);
  return useSyncExternalStore(subscribe, look, look);
}
