import { encodeServerFrame } from '../../../protocol/protobuf.ts';
import type { Session } from './session.ts';

let last = { json: '', protobuf: '' };

/** A frame as this session understands it (IM-PB). @param json of a server frame */
export function textFor({ encoding }: Pick<Session, 'encoding'>, json: string): string {
  if (encoding !== 'protobuf') return json;
  // The same frame goes to many.
  if (last.json !== json) last = { json, protobuf: encodeServerFrame(JSON.parse(json)) };
  return last.protobuf;
}
