import type { Contact } from '@serverless-im/client';
import { createContext, useContext } from 'react';

export type NameOf = (userId: string) => string;

/** How users look to this user. A new object whenever that changes. */
export interface People {
  readonly nameOf: NameOf;
  /** The URL of the user's picture. */
  avatarOf(userId: string): string | undefined;
  /** Undefined until they are loaded. */
  readonly contacts: readonly Contact[] | undefined;
  /** The users whom this user has blocked, as far as they are loaded. */
  readonly blocked: ReadonlySet<string>;
}

/** Nobody is known. */
const STRANGERS: People = {
  nameOf: (userId) => userId,
  avatarOf: () => undefined,
  contacts: undefined,
  blocked: new Set(),
};

const PeopleContext = createContext(STRANGERS);

/** How users are called below it, and their pictures; by their ids without it. */
export const PeopleProvider = PeopleContext.Provider;

export function usePeople(): People {
  return useContext(PeopleContext);
}

export function useNameOf(): NameOf {
  return usePeople().nameOf;
}
