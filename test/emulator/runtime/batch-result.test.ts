import { expect, test } from 'vitest';
import { failedMessageIds } from '../../../local/event-source/batch-result.ts';

const IDS = ['a', 'b', 'c'];
const failed = (payload: unknown, report = true) => [...failedMessageIds({ ok: true, payload }, IDS, report)];

test.each([
  ['no payload', null],
  ['an empty object', {}],
  ['an empty list', { batchItemFailures: [] }],
  ['a null list', { batchItemFailures: null }],
])('a batch result of %s is a success', (_, payload) => {
  expect(failed(payload)).toEqual([]);
});

test('a batch result returns the named messages to the queue', () => {
  expect(failed({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['b']);
});

test.each([
  ['text', 'done'],
  ['a list', []],
  ['no list of failures', { batchItemFailures: 'a' }],
  ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
  ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
  ['a key of another name', { batchItemFailures: [{ itemId: 'a' }] }],
  ['a null entry', { batchItemFailures: [null] }],
  ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'z' }] }],
])('a batch result of %s returns the whole batch', (_, payload) => {
  expect(failed(payload)).toEqual(IDS);
});

test('a failing function returns the whole batch', () => {
  const result = { ok: false, errorType: 'Error', errorMessage: 'no' } as const;
  expect([...failedMessageIds(result, IDS, true)]).toEqual(IDS);
  expect([...failedMessageIds(result, IDS, false)]).toEqual(IDS);
});

test('without ReportBatchItemFailures the payload is ignored', () => {
  expect(failed({ batchItemFailures: [{ itemIdentifier: 'b' }] }, false)).toEqual([]);
});
