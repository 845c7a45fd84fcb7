import type { Group } from '@serverless-im/client';
import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Audience } from '../messages/mentions.ts';
import { useIm } from '../session/client-context.ts';
import { type NameOf, useNameOf } from '../ui/names.ts';
import type { UseGroup } from './use-group.ts';

/** Suggestions at a time. */
const SUGGESTED = 8;
/** In a large group, this many pages of members are searched for a name. */
const PAGES = 10;

/** The members of a group, as far as a text that is being written needs them. */
export interface Mentionable extends Audience {
  readonly memberCount: number | undefined;
  /** Whether some members are known. Before that, the only suggestion would be to mention everybody. */
  readonly isLoaded: boolean;
  /** Members whose id or name starts like this, without this user. */
  suggest(start: string): readonly string[];
  /** Loads members, page by page, until there are enough to suggest. Undefined: none are needed. */
  want(start: string | undefined): void;
}

interface Loaded {
  readonly of: Group;
  readonly members: readonly string[];
  readonly cursor: string | null;
  readonly pages: number;
}

/** Undefined outside of groups. */
export function useMentionable({ value, isAdmin }: UseGroup, isGroup: boolean): Mentionable | undefined {
  const im = useIm();
  const nameOf = useNameOf();
  const [wanted, want] = useState<string>();
  const [loaded, setLoaded] = useState<Loaded>();
  const isLoading = useRef(false);
  useEffect(() => {
    if (value === undefined || wanted === undefined || isLoading.current) return;
    // A changed group has other members: from the first page again.
    const known = loaded?.of === value ? loaded : undefined;
    if (known !== undefined && hasEnough(known, wanted, nameOf)) return;
    isLoading.current = true;
    const more = im.groups.members(value.conversationId, known?.cursor ?? undefined);
    more
      .finally(() => {
        isLoading.current = false;
      })
      .then(({ members, cursor }) => {
        const ids = members.map(({ userId }) => userId);
        setLoaded({
          of: value,
          members: [...(known?.members ?? []), ...ids],
          cursor,
          pages: (known?.pages ?? 0) + 1,
        });
      })
      // The next letter asks again.
      .catch(() => {});
  }, [im, value, wanted, loaded, nameOf]);
  const { userId } = im;
  return useMemo(() => {
    if (!isGroup) return undefined;
    const members = loaded?.members ?? [];
    const known = new Set(members);
    return {
      memberCount: value?.memberCount,
      has: (name) => known.has(name),
      isLoaded: loaded !== undefined,
      isComplete: loaded?.cursor === null && loaded.of === value,
      // While the group is not loaded, the server decides.
      mayMentionAll: isAdmin || value === undefined || value.memberCount <= LIMITS.readPushMembers,
      suggest: (start) =>
        matching(members, start, nameOf)
          .filter((name) => name !== userId)
          .slice(0, SUGGESTED),
      want,
    };
  }, [isGroup, isAdmin, value, loaded, userId, nameOf]);
}

function hasEnough({ members, cursor, pages }: Loaded, start: string, nameOf: NameOf): boolean {
  return cursor === null || pages >= PAGES || matching(members, start, nameOf).length > SUGGESTED;
}

/** By their id, or a word of their name. */
function matching(members: readonly string[], start: string, nameOf: NameOf): readonly string[] {
  const wanted = start.toLowerCase();
  return members.filter((userId) =>
    [userId, ...nameOf(userId).split(' ')].some((word) => word.toLowerCase().startsWith(wanted)),
  );
}

const MentionableContext = createContext<Mentionable | undefined>(undefined);
export const MentionableProvider = MentionableContext.Provider;

export function useAudience(): Mentionable | undefined {
  return useContext(MentionableContext);
}
