import { createContext, useContext } from 'react';
import type { FileLimits } from '../config.ts';

const FileLimitsContext = createContext<FileLimits | undefined>(undefined);

export const FileLimitsProvider = FileLimitsContext.Provider;

/** What users may send; undefined where they can't send files. */
export function useFileLimits(): FileLimits | undefined {
  return useContext(FileLimitsContext);
}
