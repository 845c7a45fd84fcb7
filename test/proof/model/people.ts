export const DEVICES = ['phone', 'tablet'] as const;
/** Each has a real SDK. */
export const APPS = 2;
export const CUSTOMERS = 2;
export const STAFF = ['agent1', 'agent2'];
export const SUPERVISOR = 'supervisor';
export const RECRUITER = 'recruiter';
export const NAMES = ['ann', 'bob', 'cid', 'dee', 'eva', 'fay', 'gus', 'hal'];
/** Clients' clocks may be wrong by any amount (IM-FAULT-12). */
export const SKEWS_MS = [0, 6 * 3_600_000, -48 * 3_600_000];

/** In every other run: more members than the sender's function serves, so the workers do (IM-DESIGN-9). */
export const BYSTANDERS = Array.from({ length: 25 }, (_, index) => `bystander${index}`);

export function rolesOf(user: string): readonly string[] {
  if (user.startsWith(`${SUPERVISOR}-`)) return ['agent', 'supervisor'];
  return STAFF.some((name) => user.startsWith(`${name}-`)) ? ['agent'] : [];
}
