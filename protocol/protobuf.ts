import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Field, MESSAGES } from './protobuf-fields.ts';

/**
 * Encodes frames as base64 of Protobuf (IM-PB). The objects are those of the JSON form; the table of fields is generated
 * from `im.proto`. docs/adr/0015-protobuf-by-table.md says why there are no generated classes.
 */

type JsonObject = Readonly<Record<string, unknown>>;

/** The text is not a Protobuf frame. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

export function encodeServerFrame(frame: object): string {
  return toBase64(writeMessage('ServerFrame', frame as JsonObject));
}

export function encodeClientFrame(frame: object): string {
  return toBase64(writeMessage('ClientFrame', frame as JsonObject));
}

/** @throws {ProtobufError} the text is not base64 of Protobuf */
export function decodeServerFrame(text: string): Record<string, unknown> {
  return fromBase64('ServerFrame', text);
}

/**
 * Returns the frame's JSON form, without `action` if the message has no known case.
 * @throws {ProtobufError} the text is not base64 of Protobuf
 */
export function decodeClientFrame(text: string): Record<string, unknown> {
  return fromBase64('ClientFrame', text);
}

function toBase64(writer: BinaryWriter): string {
  return Buffer.from(writer.finish()).toString('base64');
}

function fromBase64(message: string, text: string): Record<string, unknown> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new ProtobufError('Not base64.');
  try {
    return readMessage(message, Buffer.from(text, 'base64'));
  } catch (cause) {
    throw new ProtobufError('Not Protobuf.', { cause });
  }
}

/** The JSON field that names the case of a message. The case's own fields are beside it. */
function discriminatorOf(message: string): 'action' | 'type' {
  return message === 'ClientFrame' ? 'action' : 'type';
}

/** The app's own JSON is encoded as text, since only the app has to understand it. */
function isJsonText(message: string, name: string): boolean {
  return message === 'CustomContent' && name === 'data';
}

function fieldsOf(message: string): readonly Field[] {
  const fields = MESSAGES[message];
  if (fields === undefined) throw new Error(`There is no message ${message}.`);
  return fields;
}

function writeMessage(message: string, value: JsonObject, writer = new BinaryWriter()): BinaryWriter {
  for (const field of fieldsOf(message)) {
    const [name, , , presence] = field;
    if (presence === 'case') {
      if (value[discriminatorOf(message)] === name) writeValue(writer, field, value);
    } else if (presence === 'list' || presence === 'list?') {
      for (const item of listOf(value[name])) writeValue(writer, field, item);
    } else {
      const own = isJsonText(message, name) ? JSON.stringify(value[name]) : value[name];
      const isDefault = presence === 'one' && (own === '' || own === false || own === 0);
      if (own !== undefined && own !== null && !isDefault) writeValue(writer, field, own);
    }
  }
  return writer;
}

/** `mentions` is a list, or `"all"`. */
function listOf(value: unknown = []): readonly unknown[] {
  return value === 'all' ? [ALL] : (value as readonly unknown[]);
}

/** No user id. */
const ALL = '*';

function writeValue(writer: BinaryWriter, [, number, type]: Field, value: unknown): void {
  if (type === 'string') writer.tag(number, WireType.LengthDelimited).string(value as string);
  else if (type === 'bool') writer.tag(number, WireType.Varint).bool(value as boolean);
  else if (type === 'int64') writer.tag(number, WireType.Varint).int64(value as number);
  else {
    writer.tag(number, WireType.LengthDelimited).fork();
    writeMessage(type, value as JsonObject, writer).join();
  }
}

const DEFAULTS: Readonly<Record<string, unknown>> = { string: '', bool: false, int64: 0 };

function readMessage(message: string, bytes: Uint8Array): Record<string, unknown> {
  const fields = fieldsOf(message);
  const value: Record<string, unknown> = {};
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = fields.find(([, own, type]) => own === number && wireTypeOf(type) === wireType);
    if (field === undefined) reader.skip(wireType, number);
    else take(value, message, field, readValue(reader, field));
  }
  for (const [name, , type, presence] of fields) {
    if (name in value) continue;
    if (presence === 'list') value[name] = [];
    else if (presence === 'null') value[name] = null;
    else if (presence === 'one' && type in DEFAULTS) value[name] = DEFAULTS[type];
  }
  return value;
}

function take(
  value: Record<string, unknown>,
  message: string,
  [name, , , presence]: Field,
  read: unknown,
): void {
  if (presence === 'case') {
    Object.assign(value, { [discriminatorOf(message)]: name }, read);
  } else if (presence === 'list' || presence === 'list?') {
    const list = Array.isArray(value[name]) ? value[name] : [];
    value[name] = read === ALL && name === 'mentions' ? 'all' : list;
    list.push(read);
  } else value[name] = isJsonText(message, name) ? parsed(read as string) : read;
}

/** Text that is not JSON counts as missing, so the frame's schema refuses it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wireTypeOf(type: string): WireType {
  return type === 'bool' || type === 'int64' ? WireType.Varint : WireType.LengthDelimited;
}

function readValue(reader: BinaryReader, [, , type]: Field): unknown {
  if (type === 'string') return reader.string();
  if (type === 'bool') return reader.bool();
  if (type === 'int64') return Number(reader.int64());
  return readMessage(type, reader.bytes());
}
