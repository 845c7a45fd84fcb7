import { randomUUID } from 'node:crypto';
import { parseCommand } from '../options.ts';
import { API_OPTIONS, withAdmin } from './api.ts';
import { type AdminCommand, conversationOf, seqOf } from './command.ts';
import { print } from './users.ts';

/** Sends a text as any user, or as `system`. */
export const send: AdminCommand = {
  usage: `  send TO TEXT [--from USER]   sends a text to a user as system, or to a user or a CONVERSATION as this user
    --id ID   clientMsgId: with the same one again it is the same message`,
  async run(args) {
    const options = {
      ...API_OPTIONS,
      from: { type: 'string', default: 'system' },
      id: { type: 'string' },
    } as const;
    const { values, positionals } = parseCommand(args, options, ['TO', 'TEXT']);
    const [to = '', text = ''] = positionals;
    const { from, id: clientMsgId = randomUUID() } = values;
    // No user id has a colon.
    const target = to.includes(':') ? { conversationId: conversationOf(to) } : { to };
    const content = { type: 'text', text } as const;
    const sent = await withAdmin(values, (admin) => admin.send({ from, ...target, clientMsgId, content }));
    const again = sent.duplicate ? ', as it was before' : '';
    print(values, sent, `Sent as ${from}: seq ${sent.seq} of ${sent.conversationId}${again}.`);
  },
};

/** Removes one file of a message. */
export const removeFile: AdminCommand = {
  usage: `  remove-file CONVERSATION SEQ ATTACHMENT   deletes one file of any message; readers see that it was removed`,
  async run(args) {
    const { values, positionals } = parseCommand(args, API_OPTIONS, ['CONVERSATION', 'SEQ', 'ATTACHMENT']);
    const [id, text, attachmentId = ''] = positionals;
    const conversationId = conversationOf(id);
    const seq = seqOf('SEQ', text) ?? 0;
    const message = await withAdmin(values, (admin) => admin.removeFile(conversationId, seq, attachmentId));
    print(values, message, `Removed a file of seq ${seq} of ${conversationId}, which ${message.from} wrote.`);
  },
};

/** Recalls any message, or erases it. */
export const recall: AdminCommand = {
  usage: `  recall CONVERSATION SEQ   takes a message back, whoever wrote it, and however old it is
    --erase   also deletes the hash that a repeat is compared with: from that, a short text can be guessed`,
  async run(args) {
    const options = { ...API_OPTIONS, erase: { type: 'boolean', default: false } } as const;
    const { values, positionals } = parseCommand(args, options, ['CONVERSATION', 'SEQ']);
    const [id, text] = positionals;
    const conversationId = conversationOf(id);
    const seq = seqOf('SEQ', text) ?? 0;
    const message = await withAdmin(values, (admin) =>
      values.erase ? admin.eraseMessage(conversationId, seq) : admin.recall(conversationId, seq),
    );
    const did = values.erase ? 'Erased' : 'Recalled';
    print(values, message, `${did} seq ${seq} of ${conversationId}, which ${message.from} wrote.`);
  },
};
