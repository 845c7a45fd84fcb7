import type { FileContent } from '../../../protocol/content.ts';
import type { Upload } from '../model/upload.ts';
import type { FileSource } from './file-source.ts';

/** The files of a message that this client sends. */
export class OutgoingFiles {
  readonly sources: readonly FileSource[];
  /** What the message shows until the server has stored it. */
  readonly content: FileContent;
  readonly uploads: readonly Upload[];

  constructor(clientMsgId: string, sources: readonly FileSource[], text: string | undefined) {
    this.sources = sources;
    const attachments = sources.map(({ data, name, width, height, durationMs }, index) => ({
      attachmentId: `${clientMsgId}.${index}`,
      name: name ?? data.name ?? 'file',
      size: data.size,
      type: data.type || 'application/octet-stream',
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(durationMs !== undefined && { durationMs }),
    }));
    this.content = { type: 'file', attachments, ...(text !== undefined && { text }) };
    this.uploads = sources.map(({ data }) => ({
      state: 'waiting',
      sentBytes: 0,
      totalBytes: data.size,
      ...(!('uri' in data) && { file: data }),
    }));
  }
}
