import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { failureOf, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

const attribute = { DataType: 'String', StringValue: 'x' };
const attributes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`name${n}`, attribute]));

type Entry = Partial<SendMessageBatchRequestEntry>;

/** What SQS refuses in one message, as an entry of a batch or alone. */
const REFUSED: readonly (readonly [what: string, entry: Entry, code: string])[] = [
  ['a delay above 15 minutes', { DelaySeconds: 901 }, 'InvalidParameterValue'],
  ['a negative delay', { DelaySeconds: -1 }, 'InvalidParameterValue'],
  ['a fraction of a second', { DelaySeconds: 1.5 }, 'SerializationException'],
  ['a group id of 129 characters', { MessageGroupId: 'g'.repeat(129) }, 'InvalidParameterValue'],
  ['an empty group id', { MessageGroupId: '' }, 'InvalidParameterValue'],
  ['a group id with a space', { MessageGroupId: 'a b' }, 'InvalidParameterValue'],
  ['a group id in another script', { MessageGroupId: 'Łódź' }, 'InvalidParameterValue'],
  ['an empty body', { MessageBody: '' }, 'MissingParameter'],
  ['a control character', { MessageBody: 'a\u0000b' }, 'InvalidMessageContents'],
  ['half of a surrogate pair', { MessageBody: 'a\ud83d' }, 'InvalidMessageContents'],
  ['a noncharacter', { MessageBody: 'a\uffff' }, 'InvalidMessageContents'],
  ['eleven attributes', { MessageAttributes: attributes(11) }, 'InvalidParameterValue'],
  ['a reserved attribute name', { MessageAttributes: { 'AWS.x': attribute } }, 'InvalidParameterValue'],
  [
    'an attribute without a value',
    { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
    'InvalidParameterValue',
  ],
  [
    'an attribute of an unknown type',
    { MessageAttributes: { a: { DataType: 'Date', StringValue: '1' } } },
    'InvalidParameterValue',
  ],
];

describe('the queues behind the AWS proxy', () => {
  it.each(REFUSED)('refuse %s, and take the other messages of its batch', async (_, entry, code) => {
    const { sqs, queue, bodiesIn } = await startProxy();
    const QueueUrl = await queue();
    const Entries = [
      { Id: 'bad', MessageBody: 'bad', ...entry },
      { Id: 'good', MessageBody: 'good' },
    ];
    const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(answer.Failed).toMatchObject([{ Id: 'bad', SenderFault: true, Code: code }]);
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(await bodiesIn(QueueUrl)).toEqual(['good']);
    const alone = sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'bad', ...entry }));
    expect(await failureOf(alone)).toBe(code);
  });

  it('take what is just allowed', async () => {
    const { sqs, queue } = await startProxy();
    const QueueUrl = await queue();
    const allowed: readonly Entry[] = [
      { DelaySeconds: 900 },
      { MessageGroupId: 'g'.repeat(128) },
      { MessageGroupId: 'a!"#$%&()*+,-./:;<=>?@[]^_`{|}~' },
      { MessageAttributes: attributes(10) },
      { MessageBody: 'tab\tline\n' },
    ];
    const Entries = allowed.map((entry, n) => ({ Id: String(n), MessageBody: 'body', ...entry }));
    const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(answer.Failed ?? []).toEqual([]);
  });

  const entriesOf = (count: number, bytes = 1) =>
    Array.from({ length: count }, (_, n) => ({ Id: String(n), MessageBody: 'x'.repeat(bytes) }));

  it.each([
    ['eleven messages', entriesOf(11), 'TooManyEntriesInBatchRequest'],
    ['no message', [], 'EmptyBatchRequest'],
    ['more than 1 MiB', entriesOf(2, 600_000), 'BatchRequestTooLong'],
    ['the same id twice', [...entriesOf(1), ...entriesOf(1)], 'BatchEntryIdsNotDistinct'],
    ['an id with a dot', [{ Id: 'a.b', MessageBody: 'x' }], 'InvalidBatchEntryId'],
  ])('refuse a batch of %s as a whole', async (_, Entries, code) => {
    const { sqs, queue, bodiesIn } = await startProxy();
    const QueueUrl = await queue();
    const call = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(await failureOf(call)).toContain(code);
    expect(await bodiesIn(QueueUrl)).toEqual([]);
  });

  it('refuse to hide a message for more than twelve hours', async () => {
    const { sqs, queue } = await startProxy();
    const Entries = [{ Id: '0', ReceiptHandle: 'any', VisibilityTimeout: 43_201 }];
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: await queue(), Entries });
    const { Failed } = await sqs.send(command);
    expect(Failed).toMatchObject([{ Code: 'InvalidParameterValue' }]);
  });
});
