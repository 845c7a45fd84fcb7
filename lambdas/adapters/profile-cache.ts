import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ProfileFacts } from '../domain/model/profile.ts';
import type { KeptProfile, ProfileCache } from '../domain/model/profile-source.ts';
import { canonicalJson } from '../shared/json.ts';
import { batchGet, type Item, updateIf } from './dynamodb.ts';
import { profileIn, profileKey } from './profile-table.ts';

/*
 * Profiles of the operator's source, in the rows of profile-table.ts, with the attribute `asked`: when, in epoch milliseconds.
 *
 * Access          Call         Units
 * 100 of them     BatchGet     half a read each, or 1 if it must be strong
 * keep            UpdateItem   1 write per KB, at most 2; a second time if another request has kept it meanwhile
 */

/** As `facts`: the source says that there is none. */
const NONE = 'null';

export function createProfileCache(documents: DynamoDBDocumentClient, tableName: string): ProfileCache {
  return {
    async kept(userIds, mayBeStale) {
      const items = await batchGet(documents, tableName, userIds.map(profileKey), { mayBeStale });
      const found = new Map(items.map((item) => [item['pk'], item]));
      return new Map(
        userIds.flatMap((userId): [string, KeptProfile][] => {
          const item = found.get(profileKey(userId)['pk']);
          if (item === undefined) return [];
          return [[userId, { profile: profileIn(item, userId), askedAtMs: Number(item['asked'] ?? 0) }]];
        }),
      );
    },

    async keep(userId, facts, { askedAtMs, before }) {
      const text = textOf(facts);
      const values = { ':facts': text, ':asked': askedAtMs };
      const Key = profileKey(userId);
      const confirm = () =>
        updateIf(documents, tableName, {
          Key,
          UpdateExpression: 'SET asked = :asked',
          ConditionExpression: 'facts = :facts AND asked < :asked',
          ExpressionAttributeValues: values,
        });
      const replace = () =>
        updateIf(documents, tableName, {
          Key,
          UpdateExpression: 'SET facts = :facts, asked = :asked ADD version :one',
          // One text of all facts, so that the condition sees whether anything is different. A later answer stays.
          ConditionExpression:
            'attribute_not_exists(pk) OR attribute_not_exists(asked) OR (asked <= :asked AND facts <> :facts)',
          ExpressionAttributeValues: { ...values, ':one': 1 },
        });
      const isSame = before !== undefined && before.askedAtMs > 0 && textOf(factsOf(before)) === text;
      const [first, second] = isSame ? [confirm, replace] : [replace, confirm];
      const { item, isChanged } = await first();
      const now = isChanged || isLater(item, askedAtMs) ? item : (await second()).item;
      return profileIn(now ?? {}, userId);
    },
  };
}

function textOf(facts: ProfileFacts | undefined): string {
  return facts === undefined ? NONE : canonicalJson(facts, '');
}

function factsOf({ profile }: KeptProfile): ProfileFacts | undefined {
  if (profile === undefined) return undefined;
  const { userId: _, version: __, ...facts } = profile;
  return facts;
}

/** Whether the answer of a later question is there. */
function isLater(item: Item | undefined, askedAtMs: number): boolean {
  return Number(item?.['asked'] ?? 0) > askedAtMs;
}
