import type { DeskChat } from '@serverless-im/client/desk';
import { useCallback, useRef } from 'react';
import type { NameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';

/**
 * The names of a chat's agents who have no profile, for its customer: customers must not see the user ids of an organisation's
 * staff. The chat names its present agent only, so an agent who had it before a reload is "Support".
 */
export function useAgentNames(chat: DeskChat | undefined): NameOf {
  const known = useRef(new Map<string, string>());
  const name = chat?.agent?.name;
  if (chat?.agent != null && name !== undefined) known.current.set(chat.agent.userId, name);
  // A new function for each name, so that what shows names is drawn again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  return useCallback((userId) => known.current.get(userId) ?? t('Support'), [name]);
}
