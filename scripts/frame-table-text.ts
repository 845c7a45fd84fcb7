import * as z from 'zod/mini';
import { ACTIONS } from '../protocol/actions.ts';

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly ObjectSchema[];
}

/** A row for each action: what it takes and the frame that answers. */
export function frameTable(): string {
  const rows = Object.entries(ACTIONS).map(([action, { request, reply }]) => {
    const fields = fieldsOf(request()).map(({ name, isRequired }) => `\`${name}\`${isRequired ? '' : '?'}`);
    return `| \`${action}\` | ${fields.join(' ')} | ${reply === null ? 'only a refusal is answered' : `\`${reply.type}\``} |`;
  });
  return ['| action | fields (? optional) | answer |', '|---|---|---|', ...rows].join('\n');
}

export function fieldNames(schema: z.ZodMiniType): string[] {
  return fieldsOf(schema).map(({ name }) => name);
}

function fieldsOf(schema: z.ZodMiniType) {
  const fieldsIn = ({ properties = {}, required = [], allOf = [] }: ObjectSchema): Field[] => [
    ...Object.keys(properties).map((name) => ({ name, isRequired: required.includes(name) })),
    ...allOf.flatMap(fieldsIn),
  ];
  return fieldsIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as ObjectSchema);
}

interface Field {
  readonly name: string;
  readonly isRequired: boolean;
}

const [START, END] = ['<!-- frames -->', '<!-- /frames -->'];

/** @throws {Error} the page has no place for it */
export function withFrameTable(page: string, table: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`The page has no place for the table: ${START} … ${END}`);
  return `${page.slice(0, start + START.length)}\n${table}\n${page.slice(end)}`;
}
