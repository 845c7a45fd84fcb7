import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../../cli/chat/arguments.ts';
import { localUrl } from '../../../cli/chat/server.ts';

describe('chat arguments', () => {
  it.each([
    ['alice bob', { kind: 'local', me: 'alice', peer: 'bob', port: undefined, data: undefined }],
    ['alice bob --port 9000', { kind: 'local', me: 'alice', peer: 'bob', port: 9000, data: undefined }],
    ['alice bob --data .other', { kind: 'local', me: 'alice', peer: 'bob', port: undefined, data: '.other' }],
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
    [['system', 'bob'], '“system” is no user id'],
  ])('%j are refused with the name that is no user id', (args, reason) => {
    expect(() => parseArguments(args)).toThrow(reason);
  });

  it.each([
    [['bob', 'system'], 'npm run admin -- send bob TEXT'],
    [['system', '--http', 'https://h', '--token', 'T'], 'npm run admin -- send USER TEXT'],
  ])('%j are refused with what there is for messages of the operator’s', (args, way) => {
    expect(() => parseArguments(args)).toThrow('Nobody can write to “system”, which is the operator.');
    expect(() => parseArguments(args)).toThrow(way);
  });
});

describe('a chat on this machine', () => {
  const data = mkdtempSync(join(tmpdir(), 'serverless-im-chat-'));
  const says = (pid: number) =>
    writeFileSync(
      join(data, 'runtime.json'),
      JSON.stringify({ ready: true, pid, httpUrl: 'http://127.0.0.1:4711' }),
    );

  it('is with the stack of the data folder, unless a port is given', async () => {
    says(process.pid);
    expect(await localUrl({ port: undefined, data })).toBe('http://127.0.0.1:4711');
    expect(await localUrl({ port: 9000, data })).toBe('http://127.0.0.1:9000');
  });

  it('is refused if the stack of a named folder has ended', async () => {
    says(2 ** 30);
    await expect(localUrl({ port: undefined, data })).rejects.toThrow(
      `No stack runs with the data folder ${data}: start one by npm start, name its folder by --data, or name a deployment (--help has the options).`,
    );
  });
});
