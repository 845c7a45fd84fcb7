import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { AttachmentRequest } from '../../../protocol/attachments.ts';
import type { Attachment, FileContent } from '../../../protocol/content.ts';
import { SERVER_TIME } from './builders.ts';
import type { Harness } from './harness.ts';
import type { ClientFrame } from './scripted-server.ts';

/** `cut`: the connection ends without an answer. */
type BucketAnswer = number | 'cut';

/** The service's routes for files, and a bucket with a port of its own. Sends are answered as the service does (IM-FILE-2). */
export class FakeFiles {
  /** The body of each `POST /attachments`. */
  readonly asked: AttachmentRequest[] = [];
  /** What was uploaded, by key. */
  readonly objects = new Map<string, Buffer>();
  /** The keys that were posted, also in vain. */
  readonly posted: string[] = [];
  /** Answers of the bucket to the next posts, in order; then 204. */
  readonly answers: BucketAnswer[] = [];
  /** How long a form is valid, from `SERVER_TIME`. */
  formMs = 900_000;
  /** Until it resolves, no post is answered. */
  gate: Promise<void> = Promise.resolve();
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #records = new Map<string, Attachment>();
  readonly #http = createServer((request, response) => void this.#post(request, response));

  static async of({ server }: Pick<Harness, 'server'>): Promise<FakeFiles> {
    const files = new FakeFiles();
    await new Promise<void>((resolve) => files.#http.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      files.#http.closeAllConnections();
      await new Promise((resolve) => files.#http.close(resolve));
    });
    server.httpAnswers.set('/attachments', (_, sent) => files.#ask(sent as AttachmentRequest));
    server.scripts.set('sendMessage', (frame, connection) =>
      files.#send(frame, (known) => server.answerTo(known, connection)),
    );
    return files;
  }

  /** The keys whose objects are there. */
  get keys(): string[] {
    return [...this.objects.keys()];
  }

  /** Deletes what was uploaded, as the bucket does after a day. */
  expire(): void {
    this.objects.clear();
  }

  #ask(asked: AttachmentRequest): { status: number; body: unknown } {
    this.asked.push(asked);
    const attachmentId = `01J0000000000000000000${String(this.asked.length).padStart(4, '0')}`;
    const { name, size, type, width, height, durationMs, thumbnail } = asked;
    const facts = JSON.parse(JSON.stringify({ width, height, durationMs, thumbnail }));
    this.#records.set(attachmentId, { attachmentId, name, size, type, ...facts });
    const { port } = this.#http.address() as AddressInfo;
    const form = (key: string) => ({
      url: `http://127.0.0.1:${port}/`,
      fields: { key, 'Content-Type': type },
    });
    const body = {
      attachmentId,
      upload: form(attachmentId),
      ...(thumbnail && { thumbnailUpload: form(`${attachmentId}.thumbnail`) }),
      expiresAt: SERVER_TIME + this.formMs,
    };
    return { status: 201, body };
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(await buffer(request).catch(() => ''), { headers })
      .formData()
      .catch(() => null);
    await this.gate;
    this.#atOnce -= 1;
    if (form === null) return;
    const key = String(form.get('key'));
    this.posted.push(key);
    const answer = this.answers.shift() ?? 204;
    if (answer === 'cut') return void request.socket.destroy();
    if (answer === 204) this.objects.set(key, Buffer.from(await (form.get('file') as Blob).arrayBuffer()));
    response
      .writeHead(answer)
      .end(
        answer === 204 ? '' : '<Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>',
      );
  }

  #send(frame: ClientFrame, store: (frame: ClientFrame) => object): object {
    if (frame.content?.type !== 'file') return store(frame);
    const { text, attachments } = frame.content;
    const index = attachments.findIndex(({ attachmentId }) => !this.objects.has(attachmentId));
    if (index >= 0) {
      const issues = [{ path: `content.attachments.${index}`, message: 'is not uploaded' }];
      return {
        ...{ type: 'error', id: frame.id, code: 'invalid_request', message: 'invalid', retryable: false },
        issues,
      };
    }
    const records = attachments.map(({ attachmentId }) => this.#records.get(attachmentId) as Attachment);
    const content: FileContent = { type: 'file', attachments: records, ...(text !== undefined && { text }) };
    return { ...store({ ...frame, content }), content };
  }
}

/** A file with these bytes. */
export function fileOf(name: string, text: string, type = 'text/plain'): File {
  return new File([text], name, { type });
}
