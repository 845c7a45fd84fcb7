import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../cli/chat/arguments.ts';

describe('chat arguments', () => {
  it.each([
    ['alice bob', { kind: 'local', me: 'alice', peer: 'bob', baseUrl: 'http://127.0.0.1:8787' }],
    ['alice bob --port 9000', { kind: 'local', me: 'alice', peer: 'bob', baseUrl: 'http://127.0.0.1:9000' }],
    [
      'bob --http https://h --token T',
      { kind: 'deployed', peer: 'bob', httpUrl: 'https://h', wsUrl: undefined, token: 'T' },
    ],
    [
      'alice bob --ws wss://w --http https://h --token T',
      { kind: 'deployed', peer: 'bob', httpUrl: 'https://h', wsUrl: 'wss://w', token: 'T' },
    ],
  ])('are parsed from `%s`', (line, expected) => {
    expect(parseArguments(line.split(' '))).toEqual(expected);
  });

  it.each([
    '',
    'alice',
    'alice bob carol',
    'alice alice',
    'alice bob --port x',
    'bob --http https://h',
    'bob --ws wss://w',
    '--http h --token t',
    'alice bob --wat',
  ])('are refused if they are `%s`', (line) => {
    expect(() => parseArguments(line.split(' ').filter((part) => part !== ''))).toThrow();
  });

  it.each([
    [['a b', 'bob'], '“a b” is no user id: 1 to 64 letters'],
    [['alice', 'b:b'], '“b:b” is no user id: 1 to 64 letters'],
    [['system', '--http', 'https://h', '--token', 'T'], '“system” is no user id'],
  ])('%j are refused with the name that is no user id', (args, reason) => {
    expect(() => parseArguments(args)).toThrow(reason);
  });
});
