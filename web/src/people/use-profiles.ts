import type { Client } from '@serverless-im/client';
import { useBlocks, useContacts } from '@serverless-im/client/react';
import { useEffect, useMemo, useReducer, useRef } from 'react';
import type { NameOf, People } from '../ui/names.ts';

/** The client reads a profile again when it is asked for after ten minutes. */
const REFRESH_MS = 601_000;
/** After a failure. Meanwhile users are shown by their ids. */
const RETRY_MS = 10_000;

/** Names as this user noted them, else from profiles, else the fallback; pictures from profiles. */
export function usePeopleOf(im: Client, fallback?: NameOf): People {
  const contacts = useContacts(im);
  const blocks = useBlocks(im);
  const profiles = useProfileBook(im);
  return useMemo(() => {
    const aliases = new Map(contacts?.map(({ userId, alias }) => [userId, alias]));
    const blocked = new Set(blocks?.map(({ userId }) => userId));
    const known = withProfiles(profiles, (userId) => aliases.get(userId), fallback);
    return { ...known, contacts, blocked };
  }, [contacts, blocks, profiles, fallback]);
}

/** The same for those who have no contacts: the customers of the desk. */
export function useStrangersOf(im: Client, fallback: NameOf): People {
  const profiles = useProfileBook(im);
  return useMemo(() => {
    const known = withProfiles(profiles, () => undefined, fallback);
    return { ...known, contacts: undefined, blocked: new Set() };
  }, [profiles, fallback]);
}

type ProfileOf = (userId: string) => { readonly name?: string; readonly avatar?: string } | null | undefined;

function withProfiles(
  profileOf: ProfileOf,
  aliasOf: (userId: string) => string | undefined,
  fallback: NameOf = (userId) => userId,
): Pick<People, 'nameOf' | 'avatarOf'> {
  return {
    nameOf: (userId) => aliasOf(userId) ?? profileOf(userId)?.name ?? fallback(userId),
    avatarOf: (userId) => {
      const url = profileOf(userId)?.avatar;
      // The server takes no others. Any other would only be refused by the page's policy, with an error on the console.
      return url?.startsWith('https://') ? url : undefined;
    },
  };
}

/**
 * Returns a function that looks a profile up, and reads it if it is missing or old: so every profile that is shown gets loaded.
 * A new function whenever a profile has arrived.
 */
function useProfileBook(im: Client): ProfileOf {
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  /** Set after a failure: asking again at once, for each row, would not help. */
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    const offs = [im.on('profiles', changed), im.on('connection', changed)];
    const refresh = setInterval(() => document.visibilityState === 'visible' && changed(), REFRESH_MS);
    return () => {
      for (const off of offs) off();
      clearInterval(refresh);
      clearTimeout(pause.current);
    };
  }, [im]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: components that show names render again with each version
  return useMemo(() => {
    const failed = (error: unknown) => {
      const { retryAfterMs = 0 } = error as { readonly retryAfterMs?: number };
      pause.current ??= setTimeout(
        () => {
          pause.current = undefined;
          changed();
        },
        Math.max(RETRY_MS, retryAfterMs),
      );
    };
    return (userId) => {
      if (pause.current === undefined) im.profiles.get(userId).catch(failed);
      return im.profiles.known(userId);
    };
  }, [im, version]);
}
