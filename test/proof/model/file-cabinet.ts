import type { Json } from '../../flow/setup/json.ts';
import { type Form, openLink, postForm } from '../../flow/setup/small-files.ts';
import type { Conversation, Effect } from '../history.ts';
import type { GivenFile } from '../platform-history.ts';
import type { Account } from './account.ts';
import { MALWARE } from './malware.ts';
import { Scanner } from './scanner.ts';
import { effectOfCode } from './send-intent.ts';
import type { World } from './world.ts';

/** `late`: the result of its scan gets lost. @default clean */
export type Upload = 'clean' | 'infected' | 'late';

const NOT_FOUND = 404;

/** The files of a run: users upload them, and open those of messages by their links. */
export class FileCabinet {
  readonly #world: World;
  /** Uploads that ended when their user's erasure had begun: a form is good for a while (IM-ERASE-4). */
  readonly late = new Set<string>();
  readonly scanner: Scanner;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
    this.scanner = new Scanner(world);
  }

  /** @returns the attachment's id; `undefined` if it failed */
  async upload(
    account: Account,
    { conversationId }: Conversation,
    how: Upload = 'clean',
  ): Promise<string | undefined> {
    const { user } = account;
    this.#count += 1;
    const bytes = `${user}'s bytes ${this.#count} ${how === 'infected' ? MALWARE : ''}`;
    const facts = { name: `file${this.#count}.txt`, size: bytes.length, type: 'text/plain' };
    const { status, body } = await account.request('POST', '/attachments', { conversationId, ...facts });
    if (status !== 201) return undefined;
    const { attachmentId } = body;
    const form = body.upload as Form;
    const post = async () => {
      const [answer] = await postForm(form, bytes).catch(() => [0] as const);
      if (this.#world.isErased(user)) this.late.add(attachmentId);
      return answer === 204;
    };
    const file = { attachmentId, key: form.fields['key'] ?? '', bytes };
    if (!(await (how === 'late' ? this.scanner.loseResult(file, post) : post()))) return undefined;
    if (how !== 'late') await this.scanner.tell(file);
    const { type: mime, ...more } = facts;
    this.#world.recorder.add({ type: 'uploaded', user, conversationId, attachmentId, bytes, mime, ...more });
    return attachmentId;
  }

  /** Asks for the links of a message, and opens each. */
  async open(account: Account, conversationId: string, seq: number): Promise<Effect> {
    const { recorder } = this.#world;
    const begun = recorder.now;
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages/${seq}/attachments`;
    const { status, body } = await account.request('GET', path);
    const outcome: Effect =
      status === 200 ? 'done' : status === NOT_FOUND ? 'refused' : effectOfCode(body.code);
    const links: Json[] = outcome === 'done' ? body.attachments : [];
    const files = await Promise.all(
      links.map(
        async ({ attachmentId, url }): Promise<GivenFile> => ({ attachmentId, url, ...(await get(url)) }),
      ),
    );
    recorder.add({ type: 'files', user: account.user, conversationId, seq, begun, outcome, files });
    return outcome;
  }

  /** Opens links that were given before once more. */
  async reopen(conversationId: string, seq: number, links: ReadonlyMap<string, string>): Promise<void> {
    const { recorder } = this.#world;
    for (const [url, attachmentId] of links) {
      const begun = recorder.now;
      const { bytes } = await get(url);
      const isOpen = bytes !== undefined;
      recorder.add({ type: 'reopened', conversationId, seq, attachmentId, begun, isOpen });
    }
  }

  /** All works again: two members and a stranger open the files of each message, and all links are tried again. */
  async inspect(): Promise<void> {
    const { recorder, accounts } = this.#world;
    const { events } = recorder.history;
    const sent = events.flatMap((event) =>
      event.type === 'try' && (event.content as { type?: string }).type === 'file' ? [event] : [],
    );
    const keys = new Set(
      sent.map(({ user, conversationId, clientMsgId }) => `${user} ${conversationId} ${clientMsgId}`),
    );
    const finals = events.flatMap((event) => (event.type === 'final' ? event.messages : []));
    const messages = finals.filter(({ from, conversationId, clientMsgId }) =>
      keys.has(`${from} ${conversationId} ${clientMsgId}`),
    );
    const opened = events.filter((event) => event.type === 'files');
    const gone = opened.filter(({ conversationId }) => this.#world.isDeleted(conversationId));
    for (const { conversationId, seq } of [...messages, ...gone]) {
      for (const account of accounts) await this.open(account, conversationId, seq);
      const links = opened.flatMap((event) =>
        event.conversationId === conversationId && event.seq === seq ? event.files : [],
      );
      const once = new Map(links.map(({ url, attachmentId }) => [url, attachmentId]));
      await this.reopen(conversationId, seq, once);
    }
  }
}

async function get(url: string): Promise<{ readonly bytes?: string }> {
  const bytes = await openLink(url).catch(() => undefined);
  return bytes === undefined ? {} : { bytes };
}
