import { recordOf } from '../json.ts';
import { entryErrorOf, requestErrorOf } from './queue-limits.ts';
import { queueRefusal } from './refusal.ts';
import { listOf } from './request.ts';
import type { SentRequest } from './sent-request.ts';
import type { Answer } from './upstream.ts';

/** Sends a request to the queue emulator, except what SQS would refuse: all of it, or entries of a batch. */
export async function sendToQueue(
  operation: string,
  sent: SentRequest,
  input: unknown,
  send: (sent: SentRequest) => Promise<Answer>,
): Promise<Answer> {
  const refused = requestErrorOf(operation, input);
  if (refused !== undefined) return queueRefusal(refused);
  const fields = recordOf(input);
  const entries = listOf(fields['Entries']).map(recordOf);
  const failed = entries.flatMap((entry) => {
    const error = entryErrorOf(operation, entry);
    if (error === undefined) return [];
    return [{ Id: entry['Id'], SenderFault: true, Code: error.code, Message: error.message }];
  });
  if (failed.length === 0) return send(sent);
  const valid = entries.filter((entry) => !failed.some(({ Id }) => Id === entry['Id']));
  const rest = Buffer.from(JSON.stringify({ ...fields, Entries: valid }));
  const answer = valid.length === 0 ? undefined : await send({ ...sent, body: rest });
  if (answer !== undefined && answer.status !== 200) return answer;
  const output = answer === undefined ? { Successful: [] } : recordOf(JSON.parse(answer.body.toString()));
  const body = { ...output, Failed: [...listOf(output['Failed']), ...failed] };
  return {
    status: 200,
    headers: ['content-type', 'application/x-amz-json-1.0'],
    body: Buffer.from(JSON.stringify(body)),
  };
}
