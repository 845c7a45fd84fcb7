import { cursorQuerySchema } from '../../protocol/http.ts';
import {
  contactSchema,
  type PEOPLE_HTTP_ROUTES,
  personPath,
  profileSchema,
  profilesQuerySchema,
  reportSchema,
  settingsSchema,
} from '../../protocol/people.ts';
import { type BlockPorts, blockUser, listBlocks } from '../domain/people/blocks.ts';
import { type ContactPorts, listContacts, putContact } from '../domain/people/contacts.ts';
import { listProfiles, type ProfilePorts, putProfile } from '../domain/people/profile.ts';
import { type ReportPorts, reportMessage } from '../domain/people/reports.ts';
import { changeSettings, type SettingsPorts } from '../domain/people/settings.ts';
import { parseWith } from '../shared/parse.ts';
import type { Answers } from './http.ts';

export interface PeoplePorts extends ProfilePorts, ContactPorts, SettingsPorts, BlockPorts, ReportPorts {}

/** The routes about people (docs/protocol.md, section 16). */
export function peopleAnswers(ports: PeoplePorts): Answers<(typeof PEOPLE_HTTP_ROUTES)[number]> {
  return {
    'PUT /profile': {
      answer: async ({ userId, body }) => putProfile(ports, userId, parseWith(profileSchema, body())),
    },
    'GET /profiles': {
      answer: async ({ userId, query }) =>
        listProfiles(ports, userId, parseWith(profilesQuerySchema, query).userIds.split(',')),
    },
    'PUT /contacts/{userId}': {
      answer: async ({ userId, path, body }) =>
        putContact(ports, userId, { ...parseWith(personPath, path), ...parseWith(contactSchema, body()) }),
    },
    'DELETE /contacts/{userId}': {
      status: 204,
      answer: async ({ userId, path }) => {
        await ports.contactWriter.remove(userId, parseWith(personPath, path).userId);
        return undefined;
      },
    },
    'GET /contacts': {
      answer: async ({ userId, query }) =>
        listContacts(ports, userId, parseWith(cursorQuerySchema, query).cursor),
    },
    'PATCH /conversations/{conversationId}': {
      answer: async ({ userId, path, body }) =>
        changeSettings(ports, userId, path['conversationId'] ?? '', parseWith(settingsSchema, body())),
    },
    'PUT /blocks/{userId}': {
      status: 204,
      answer: async ({ userId, path }) => {
        await blockUser(ports, userId, parseWith(personPath, path).userId);
        return undefined;
      },
    },
    'DELETE /blocks/{userId}': {
      status: 204,
      answer: async ({ userId, path }) => {
        await ports.blockWriter.unblock(userId, parseWith(personPath, path).userId);
        return undefined;
      },
    },
    'POST /reports': {
      status: 202,
      answer: async ({ userId, roles, body }) => {
        await reportMessage(ports, userId, parseWith(reportSchema, body()), roles);
        return undefined;
      },
    },
    'GET /blocks': {
      answer: async ({ userId, query }) =>
        listBlocks(ports, userId, parseWith(cursorQuerySchema, query).cursor),
    },
  };
}
