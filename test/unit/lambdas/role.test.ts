import { describe, expect, it } from 'vitest';
import { parseName, parseRoles, requireRole } from '../../../lambdas/domain/model/roles.ts';

describe('the roles claim', () => {
  const cases: readonly [string, unknown, string[]][] = [
    ['a list', ['rowers', 'agent'], ['agent']],
    ['words', 'agent supervisor rowers', ['agent', 'supervisor']],
    ['a list with a role of two words', ['agent supervisor'], []],
    ['part of a word', 'agents', []],
    ['a list of odd things', [['agent'], { agent: true }, 7], []],
    ['something else', { agent: true }, []],
    ['nothing', undefined, []],
  ];
  it.each(cases)('may be %s (IM-ROLE)', (_, claim, roles) => {
    expect(parseRoles(claim)).toEqual(roles);
  });

  it('is required for every role-specific action (IM-ROLE)', () => {
    expect(() => requireRole({ roles: ['supervisor'] }, 'agent')).toThrow('"agent"');
    expect(requireRole({ roles: ['agent'] }, 'agent')).toBeUndefined();
  });
});

describe('the display name', () => {
  it('is text that any frame can carry, cut to 100 characters, or is absent', () => {
    expect(parseName(' Ann ')).toBe('Ann');
    expect(parseName('n'.repeat(150))).toHaveLength(100);
    expect(parseName(`${'n'.repeat(99)}🛶🛶`)).toBe(`${'n'.repeat(99)}🛶`);
    for (const odd of ['', ' ', '\ud800', 7, undefined]) expect(parseName(odd)).toBeUndefined();
  });
});
