import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from '../../../bench/arguments.ts';

const parse = (...args: string[]) => parseBenchArguments(args, ['connect', 'hello']);

describe('the arguments of the bench', () => {
  it('ask for a full run of everything by default', () => {
    expect(parse()).toMatchObject({ mode: 'full', parts: ['counts', 'bundles', 'latency', 'throughput'] });
  });

  it('ask with --check for counts and bundles', () => {
    expect(parse('--check')).toMatchObject({ mode: 'check', parts: ['counts', 'bundles'] });
  });

  it('ask with a scenario for its counts', () => {
    expect(parse('--scenario', 'hello', '--quick')).toMatchObject({ mode: 'quick', parts: ['counts'] });
  });

  it.each([
    ['--scenario', 'nope'],
    ['--part', 'nope'],
  ])('refuse the unknown value %s %s and list the known names', (option, name) => {
    expect(() => parse(option, name)).toThrow('There are:');
  });
});
