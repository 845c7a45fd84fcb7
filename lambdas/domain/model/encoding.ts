import { encodeServerFrame } from '../../../protocol/protobuf.ts';
import type { Session } from './session.ts';

let last = { json: '', protobuf: '' };

/** Encodes a frame for this session (IM-PB). @param json a server frame as JSON */
export function textFor({ encoding }: Pick<Session, 'encoding'>, json: string): string {
  if (encoding !== 'protobuf') return json;
  // The same frame usually goes to many sessions.
  if (last.json !== json) last = { json, protobuf: encodeServerFrame(JSON.parse(json)) };
  return last.protobuf;
}
