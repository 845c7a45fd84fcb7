import type { UserEvent, UserEventWriter } from '../../../lambdas/domain/model/event.ts';

export function inMemoryUserEvents(): UserEventWriter & { readonly all: () => readonly UserEvent[] } {
  const stored = new Map<string, UserEvent>();
  return {
    async put(event) {
      const key = [event.userId, event.type, event.at, event.untilMs].join('#');
      if (!stored.has(key)) stored.set(key, event);
    },
    all: () => [...stored.values()],
  };
}
