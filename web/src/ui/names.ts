import { createContext, useContext } from 'react';

export type NameOf = (userId: string) => string;

const NamesContext = createContext<NameOf>((userId) => userId);

/** How users are called below it; by their ids without it. */
export const NamesProvider = NamesContext.Provider;

export function useNameOf(): NameOf {
  return useContext(NamesContext);
}
