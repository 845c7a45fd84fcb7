import { expect, it } from 'vitest';
import { selfTimes, sharesBy } from '../../../bench/throughput/cpu-profile.ts';

const node = (id: number, functionName: string, url: string, columnNumber = 0) => ({
  id,
  callFrame: { functionName, url, lineNumber: 0, columnNumber },
});
/** Column 0 maps to our source, column 10 to a package. */
const sourceMap = {
  version: 3,
  file: 'index.mjs',
  sources: ['lambdas/domain/messages/send.ts', '../node_modules/@smithy/core/client.js'],
  sourcesContent: [],
  names: [],
  mappings: 'AAAA,UCAA',
  sourceRoot: '',
};

it('the CPU profile counts self time for the original function and leaves idle time out', () => {
  const profile = {
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'a', 'file:///x/metered.mjs', 0),
      node(3, 'b', 'file:///x/metered.mjs', 10),
      node(4, '(garbage collector)', ''),
      node(5, 'nextEvent', 'file:///local/worker-entry.ts'),
    ],
    samples: [1, 2, 3, 3, 4, 5, 1],
    timeDeltas: [0, 5, 100, 50, 50, 20, 7],
  };
  const times = selfTimes(profile, sourceMap);
  expect(times).toEqual([
    { owner: 'ours', place: 'lambdas/domain/messages/send.ts:1', micros: 100 },
    { owner: '@smithy/core', place: '@smithy/core/client.js:1', micros: 100 },
    { owner: 'V8', place: '(garbage collector)', micros: 20 },
  ]);
  expect(sharesBy(times, ({ owner }) => owner)[0]).toMatchObject({ name: 'ours', share: 100 / 220 });
});
