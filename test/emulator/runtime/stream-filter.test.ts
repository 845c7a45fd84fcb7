import { describe, expect, it } from 'vitest';
import { matchesPattern } from '../../../local/event-source/stream-filter.ts';

const record = {
  eventName: 'MODIFY',
  count: 5,
  dynamodb: { NewImage: { name: { S: 'Pat' }, seq: { N: '7' }, gone: { NULL: true }, empty: { S: '' } } },
};
const image = (name: string, rule: unknown) => ({ dynamodb: { NewImage: { [name]: rule } } });

describe('a filter pattern of Lambda', () => {
  it.each([
    ['equals', { eventName: ['MODIFY'] }],
    ['or', { eventName: ['INSERT', 'MODIFY'] }],
    ['and', { eventName: ['MODIFY'], ...image('name', { S: ['Pat'] }) }],
    ['or of fields', { $or: [{ eventName: ['INSERT'] }, image('name', { S: ['Pat'] })] }],
    ['empty', image('empty', { S: [''] })],
    ['a boolean', image('gone', { NULL: [true] })],
    ['ignoring case', image('name', { S: [{ 'equals-ignore-case': 'PAT' }] })],
    ['not', image('name', { S: [{ 'anything-but': ['Bob', 'Eve'] }] })],
    ['begins with', image('name', { S: [{ prefix: 'P' }] })],
    ['ends with', image('name', { S: [{ suffix: 'at' }] })],
    ['exists', image('seq', { N: [{ exists: true }] })],
    ['does not exist', image('other', { S: [{ exists: false }] })],
    ['does not exist, without its image', { dynamodb: { OldImage: { seq: { N: [{ exists: false }] } } } }],
    ['equal number', { count: [{ numeric: ['=', 5] }] }],
    ['range', { count: [{ numeric: ['>', 4, '<=', 5] }] }],
  ])('matches: %s', (_, pattern) => {
    expect(matchesPattern(pattern, record)).toBe(true);
  });

  it.each([
    ['another value', { eventName: ['INSERT'] }],
    ['one of two fields', { eventName: ['MODIFY'], ...image('name', { S: ['Bob'] }) }],
    ['none of its fields', { $or: [{ eventName: ['INSERT'] }, { eventName: ['REMOVE'] }] }],
    ['anything but this', image('name', { S: [{ 'anything-but': ['Pat'] }] })],
    ['anything, of what is not there', image('other', { S: [{ 'anything-but': ['Pat'] }] })],
    ['an attribute, which is no leaf', image('seq', [{ exists: true }])],
    ['what is there', image('seq', { N: [{ exists: false }] })],
    ['a number of DynamoDB, which is text', image('seq', { N: [{ numeric: ['>', 1] }] })],
    ['a number beyond the range', { count: [{ numeric: ['>', 4, '<', 5] }] }],
  ])('does not match: %s', (_, pattern) => {
    expect(matchesPattern(pattern, record)).toBe(false);
  });

  it('has no other operator', () => {
    expect(() => matchesPattern({ eventName: [{ wildcard: 'M*' }] }, record)).toThrow(
      'no operator "wildcard"',
    );
  });
});
