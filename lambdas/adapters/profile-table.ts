import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Profile } from '../../protocol/people.ts';
import type { ProfileReader, ProfileWriter } from '../domain/model/profile.ts';
import { canonicalJson } from '../shared/json.ts';
import { batchGet, type Item, updateIf } from './dynamodb.ts';

/*
 * Profiles, in the conversation table.
 *
 *   pk           sk          attributes
 *   p#<userId>   'profile'   facts: name, avatar, custom as canonical JSON; version
 *
 * Access        Call         Units
 * put, create   UpdateItem   1 write per KB, at most 2; also if nothing changes
 * 100 of them   BatchGet     half a read each, or 1 if it must be strong
 */

const SORT_KEY = 'profile';

export function createProfileReader(documents: DynamoDBDocumentClient, tableName: string): ProfileReader {
  return {
    async profiles(userIds, mayBeStale) {
      const items = await batchGet(documents, tableName, userIds.map(profileKey), { mayBeStale });
      const found = new Map(items.map((item) => [item['pk'], item]));
      return userIds.flatMap((userId) => {
        const item = found.get(profileKey(userId)['pk']);
        return profileIn(item ?? {}, userId) ?? [];
      });
    },
  };
}

export function createProfileWriter(documents: DynamoDBDocumentClient, tableName: string): ProfileWriter {
  return {
    async put(userId, facts) {
      const { item } = await updateIf(documents, tableName, {
        Key: profileKey(userId),
        UpdateExpression: 'SET facts = :facts ADD version :one',
        // One text of all facts, so that the condition sees whether anything is different.
        ConditionExpression: 'attribute_not_exists(pk) OR facts <> :facts',
        ExpressionAttributeValues: { ':facts': canonicalJson(facts, ''), ':one': 1 },
      });
      return toProfile(item ?? {}, userId);
    },

    async create(userId, facts) {
      const { isChanged } = await updateIf(documents, tableName, {
        Key: profileKey(userId),
        UpdateExpression: 'SET facts = :facts ADD version :one',
        // A source may have said that there is none (profile-cache.ts).
        ConditionExpression: 'attribute_not_exists(pk) OR facts = :none',
        ExpressionAttributeValues: { ':facts': canonicalJson(facts, ''), ':none': 'null', ':one': 1 },
      });
      return isChanged;
    },
  };
}

export function profileKey(userId: string): Item {
  return { pk: `p#${userId}`, sk: SORT_KEY };
}

/** `undefined` if there is none: a source may have said so (profile-cache.ts). */
export function profileIn({ facts = 'null', version }: Item, userId: string): Profile | undefined {
  return facts === 'null' ? undefined : toProfile({ facts, version }, userId);
}

function toProfile({ facts, version }: Item, userId: string): Profile {
  return { userId, ...JSON.parse(String(facts)), version: Number(version) };
}
