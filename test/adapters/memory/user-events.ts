import type { UserEvent, UserEventWriter } from '../../../lambdas/domain/model/event.ts';

export interface InMemoryUserEvents extends UserEventWriter {
  readonly all: () => readonly UserEvent[];
  /** @returns how many there were */
  forget(userId: string): number;
}

export function inMemoryUserEvents(): InMemoryUserEvents {
  const stored = new Map<string, UserEvent>();
  return {
    async put(event) {
      const key = [event.userId, event.type, event.at, event.untilMs].join('#');
      if (!stored.has(key)) stored.set(key, event);
    },
    forget(userId) {
      const own = [...stored].filter(([, event]) => event.userId === userId);
      for (const [key] of own) stored.delete(key);
      return own.length;
    },
    all: () => [...stored.values()],
  };
}
