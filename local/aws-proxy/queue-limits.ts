import { recordOf } from '../json.ts';
import { listOf } from './request.ts';

/** An error of SQS's, by code and message. */
export interface QueueError {
  readonly code: string;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/*
 * The messages that SQS refuses and the queue emulator accepts. The codes are the API's; the messages are near to AWS's, and nothing
 * depends on them.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 *
 * Not modelled: 120,000 messages in flight, and twelve hours that a message may stay hidden since it was received.
 */

const MAX_ENTRIES = 10;
const MAX_BYTES = 1_048_576;
const MAX_DELAY_SECONDS = 900;
const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_ATTRIBUTES = 10;
const GROUP_ID = /^[\x21-\x7e]{1,128}$/;
const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.|\.)(?!.*\.\.)[a-z0-9_.-]{1,256}(?<!\.)$/i;
const ATTRIBUTE_TYPE = /^(?:String|Number|Binary)(?:\..{1,249})?$/;
// Lone surrogates are not characters.
const FORBIDDEN_CHARACTER = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** The error that SQS answers to the whole request, if any. */
export function requestErrorOf(operation: string, input: unknown): QueueError | undefined {
  const fields = recordOf(input);
  if (operation === 'SendMessage') return messageErrorOf(fields);
  if (operation === 'ChangeMessageVisibility') return visibilityErrorOf(fields);
  return operation.endsWith('Batch') ? batchErrorOf(listOf(fields['Entries']).map(recordOf)) : undefined;
}

/** The error that SQS reports for one entry of a batch, beside the success of others, if any. */
export function entryErrorOf(operation: string, entry: Fields): QueueError | undefined {
  if (operation === 'SendMessageBatch') return messageErrorOf(entry);
  return operation === 'ChangeMessageVisibilityBatch' ? visibilityErrorOf(entry) : undefined;
}

function batchErrorOf(entries: readonly Fields[]): QueueError | undefined {
  const ids = entries.map(({ Id }) => String(Id));
  if (entries.length === 0)
    return { code: 'EmptyBatchRequest', message: "The batch request doesn't contain any entries." };
  if (entries.length > MAX_ENTRIES) {
    const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`;
    return { code: 'TooManyEntriesInBatchRequest', message };
  }
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id)))
    return { code: 'InvalidBatchEntryId', message: 'A batch entry id has 1 to 80 letters, digits, - and _.' };
  if (new Set(ids).size < ids.length)
    return { code: 'BatchEntryIdsNotDistinct', message: 'Two or more batch entries have the same Id.' };
  const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (bytes > MAX_BYTES) {
    const message = `Batch requests cannot be longer than ${MAX_BYTES} bytes. You have sent ${bytes} bytes.`;
    return { code: 'BatchRequestTooLong', message };
  }
  return undefined;
}

function messageErrorOf(message: Fields): QueueError | undefined {
  const { MessageBody: body, MessageGroupId: group, MessageAttributes: attributes } = message;
  if (typeof body !== 'string' || body === '')
    return { code: 'MissingParameter', message: 'The request must contain the parameter MessageBody.' };
  if (FORBIDDEN_CHARACTER.test(body))
    return { code: 'InvalidMessageContents', message: 'Invalid binary character was found in the body.' };
  if (bytesOf(message) > MAX_BYTES) return invalid(`Message must be shorter than ${MAX_BYTES} bytes.`);
  if (group !== undefined && !GROUP_ID.test(String(group)))
    return invalid(
      'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    );
  return (
    rangeErrorOf(message, 'DelaySeconds', 0, MAX_DELAY_SECONDS) ?? attributeErrorOf(recordOf(attributes))
  );
}

function attributeErrorOf(attributes: Fields): QueueError | undefined {
  const named = Object.entries(attributes);
  if (named.length > MAX_ATTRIBUTES)
    return invalid(`Number of message attributes [${named.length}] exceeds the allowed maximum [10].`);
  for (const [name, value] of named) {
    const { DataType: type, StringValue: text, BinaryValue: binary } = recordOf(value);
    if (!ATTRIBUTE_NAME.test(name)) return invalid(`The message attribute name '${name}' is invalid.`);
    if (!ATTRIBUTE_TYPE.test(String(type)))
      return invalid(`The message attribute '${name}' has an invalid message attribute type.`);
    const content = String(type).startsWith('Binary') ? binary : text;
    if (typeof content !== 'string' || content === '')
      return invalid(`The message attribute '${name}' must contain a non-empty value.`);
  }
  return undefined;
}

function visibilityErrorOf(fields: Fields): QueueError | undefined {
  return rangeErrorOf(fields, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
}

function rangeErrorOf(fields: Fields, name: string, least: number, most: number): QueueError | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (!Number.isInteger(value))
    return { code: 'SerializationException', message: `${name} can not be converted to an Integer` };
  if (Number(value) >= least && Number(value) <= most) return undefined;
  return invalid(
    `Value ${value} for parameter ${name} is invalid. Reason: ${name} must be >= ${least} and <= ${most}.`,
  );
}

function invalid(message: string): QueueError {
  return { code: 'InvalidParameterValue', message };
}

/** Body, and names, types, and values of the attributes. */
function bytesOf({ MessageBody: body = '', MessageAttributes: attributes }: Fields): number {
  return Object.entries(recordOf(attributes)).reduce(
    (sum, [name, value]) => {
      const { DataType: type = '', StringValue: text = '', BinaryValue: binary = '' } = recordOf(value);
      return sum + Buffer.byteLength(`${name}${type}${text}`) + Buffer.byteLength(String(binary), 'base64');
    },
    Buffer.byteLength(String(body)),
  );
}
