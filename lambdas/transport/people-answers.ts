import { type PEOPLE_HTTP_ROUTES, profileSchema } from '../../protocol/people.ts';
import { type ProfilePorts, putProfile } from '../domain/people/profile.ts';
import { parseWith } from '../shared/parse.ts';
import type { Answers } from './http.ts';

export interface PeoplePorts extends ProfilePorts {}

/** The routes about people (docs/protocol.md, section 16). */
export function peopleAnswers(ports: PeoplePorts): Answers<(typeof PEOPLE_HTTP_ROUTES)[number]> {
  return {
    'PUT /profile': {
      answer: async ({ userId, body }) => putProfile(ports, userId, parseWith(profileSchema, body())),
    },
  };
}
