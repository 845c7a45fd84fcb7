import type * as z from 'zod/mini';
import type { ErrorCode } from '../../protocol/codes.ts';

/** One route of the HTTP API, as docs/api/openapi.json describes it. */
export interface Operation {
  /** `operationId`: generators of code name methods by it. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** Its schema, and the key of the meanings in scripts/field-meanings.ts. */
  readonly query?: readonly [() => z.ZodMiniType, string];
  readonly body?: Body;
  /** Of a successful answer. @default 200 */
  readonly status?: 200 | 201 | 202 | 204;
  /** The type of the answer's body. @default - no body */
  readonly answer?: string;
  /** Codes besides those that every route may answer. */
  readonly errors?: readonly ErrorCode[];
}

export interface Body {
  readonly schema: () => z.ZodMiniType;
  /** Name of the schema. */
  readonly name: string;
  /** Key of the meanings in scripts/field-meanings.ts. */
  readonly meanings: string;
  /** The request may have no body. */
  readonly isOptional?: true;
}

/** The groups of operations, with the sections of docs/protocol.md. */
export const TAGS = {
  session: 'Who the token says you are, and where the socket is (section 6)',
  conversations: 'The list of conversations, their history, and what changed (section 6)',
  messages: 'Sending and changing messages (sections 4 and 6)',
  groups: 'Groups and their members (section 9)',
  people: 'Profiles, contacts, settings, blocks, and reports (section 16)',
  files: 'Files of messages, with the option `attachments` (section 23)',
  notifications: 'Devices that get notifications, with one of the options for them (section 24)',
  polling: 'Receiving without a socket (section 12)',
  desk: 'The customer-service desk, with the option `desk` (section 11)',
  admin:
    'For the operator’s tools and services: signed requests of an IAM principal (sections 21, 22, and 25)',
} as const;

export type Tag = keyof typeof TAGS;
