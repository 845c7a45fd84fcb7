import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from '../../../bench/arguments.ts';

const parse = (...args: string[]) => parseBenchArguments(args, ['connect', 'hello']);

describe('the arguments of the bench', () => {
  it('ask for everything, in full, unless they say otherwise', () => {
    expect(parse()).toMatchObject({ mode: 'full', parts: ['counts', 'bundles', 'latency', 'throughput'] });
  });

  it('with --check ask for what is exact', () => {
    expect(parse('--check')).toMatchObject({ mode: 'check', parts: ['counts', 'bundles'] });
  });

  it('with a scenario ask for its counts', () => {
    expect(parse('--scenario', 'hello', '--quick')).toMatchObject({ mode: 'quick', parts: ['counts'] });
  });

  it.each([
    ['--scenario', 'nope'],
    ['--part', 'nope'],
  ])('refuse %s %s and say what there is', (option, name) => {
    expect(() => parse(option, name)).toThrow('There are:');
  });
});
