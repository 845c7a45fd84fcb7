import { messageOf, OperatorError } from '../../local/operator-error.ts';
import type { ReplayAnswer } from '../../protocol/service.ts';
import { parseCommand } from '../options.ts';
import { type AdminCommand, COMMON, conversationOf, seqOf } from './command.ts';
import { type FunctionTarget, invoke } from './stack.ts';

/** @throws {OperatorError} */
async function publish(target: FunctionTarget, request: { readonly conversationId: string }) {
  try {
    return await invoke<ReplayAnswer>(target, request);
  } catch (error) {
    if (messageOf(error) !== 'not_found') throw error;
    throw new OperatorError(`There is no conversation ${request.conversationId} with a message.`);
  }
}

/** Publishes the events of a conversation again, page by page (IM-EVENT-6). */
export const replay: AdminCommand = {
  usage: `  replay CONVERSATION [--from SEQ] [--to SEQ]   publishes a conversation's events again
    --function NAME   of a deployment: its output ReplayEventsFunction`,
  async run(args) {
    const options = {
      ...COMMON,
      from: { type: 'string' },
      to: { type: 'string' },
      function: { type: 'string' },
    } as const;
    const { values, positionals } = parseCommand(args, options, ['CONVERSATION']);
    const conversationId = conversationOf(positionals[0]);
    const target = {
      name: values.function,
      output: 'ReplayEventsFunction',
      option: 'events',
      data: values.data,
    };
    const toSeq = seqOf('--to', values.to);
    let messages = 0;
    let events = 0;
    let next: number | undefined = seqOf('--from', values.from) ?? 1;
    while (next !== undefined) {
      const request = { conversationId, fromSeq: next, ...(toSeq !== undefined && { toSeq }) };
      const page = await publish(target, request);
      messages += page.messages;
      events += page.events;
      next = page.nextSeq;
      if (next !== undefined && !values.json)
        console.log(`… ${counted(messages, 'message')}, next is seq ${next}`);
    }
    console.log(
      values.json
        ? JSON.stringify({ messages, events })
        : `Published ${counted(events, 'event')} of ${counted(messages, 'message')}.`,
    );
  },
};

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
