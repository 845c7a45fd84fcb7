import { cursorQuerySchema } from '../../protocol/http.ts';
import {
  contactSchema,
  type PEOPLE_HTTP_ROUTES,
  profileSchema,
  profilesQuerySchema,
  reportSchema,
  settingsSchema,
} from '../../protocol/people.ts';
import type { Operation } from './operation.ts';

const PAGE = [cursorQuerySchema, 'Page'] as const;

/** The routes about people (docs/protocol.md, section 16). */
export const PEOPLE_OPERATIONS: Readonly<Record<(typeof PEOPLE_HTTP_ROUTES)[number], Operation>> = {
  'PUT /profile': {
    id: 'putProfile',
    tag: 'people',
    summary: 'Replaces your whole profile (IM-PROFILE-1)',
    body: { schema: profileSchema, name: 'ProfileRequest', meanings: 'Profile' },
    answer: 'Profile',
    errors: ['bad_frame', 'invalid_request'],
  },
  'GET /profiles': {
    id: 'getProfiles',
    tag: 'people',
    summary: 'Reads profiles, in the order of `userIds`; users without one are left out (IM-PROFILE-2)',
    query: [profilesQuerySchema, 'Profiles'],
    answer: 'ProfilesBody',
    errors: ['invalid_request'],
  },
  'PUT /contacts/{userId}': {
    id: 'putContact',
    tag: 'people',
    summary: 'Adds a contact, or replaces it as a whole (IM-CONTACT-1)',
    body: { schema: contactSchema, name: 'ContactRequest', meanings: 'Contact' },
    answer: 'Contact',
    errors: ['bad_frame', 'invalid_request', 'limit_reached'],
  },
  'DELETE /contacts/{userId}': {
    id: 'removeContact',
    tag: 'people',
    summary: 'Removes a contact',
    status: 204,
    errors: ['invalid_request'],
  },
  'GET /contacts': {
    id: 'listContacts',
    tag: 'people',
    summary: 'Lists your contacts, 100 a page, ordered by user id',
    query: PAGE,
    answer: 'ContactsBody',
    errors: ['invalid_request'],
  },
  'PATCH /conversations/{conversationId}': {
    id: 'changeSettings',
    tag: 'people',
    summary: 'Changes your own settings of a conversation (IM-SETTINGS)',
    body: { schema: settingsSchema, name: 'SettingsRequest', meanings: 'Settings' },
    answer: 'SettingsBody',
    errors: ['bad_frame', 'invalid_request', 'not_found'],
  },
  'PUT /blocks/{userId}': {
    id: 'blockUser',
    tag: 'people',
    summary: 'Blocks a user (IM-BLOCK)',
    status: 204,
    errors: ['invalid_request', 'limit_reached'],
  },
  'DELETE /blocks/{userId}': {
    id: 'unblockUser',
    tag: 'people',
    summary: 'Lifts a block',
    status: 204,
    errors: ['invalid_request'],
  },
  'GET /blocks': {
    id: 'listBlocks',
    tag: 'people',
    summary: 'Lists the users whom you have blocked, 100 a page, ordered by user id',
    query: PAGE,
    answer: 'BlocksBody',
    errors: ['invalid_request'],
  },
  'POST /reports': {
    id: 'reportMessage',
    tag: 'people',
    summary: 'Reports a message to the operator (IM-REPORT-1)',
    body: { schema: reportSchema, name: 'ReportRequest', meanings: 'Report' },
    status: 202,
    errors: ['bad_frame', 'invalid_request', 'not_found'],
  },
};
