import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import webPush from 'web-push';
import { recordOf } from './json.ts';

/** Folder of the keys in the parameter store: the construct's default. */
const FOLDER = '/serverless-im/web-push';

/**
 * The parameters of Web Push, by name: a pair of keys as `npm run keys` makes for an account.
 * @param file keeps them, so that browsers stay subscribed after a restart. @default - new ones each time
 */
export function webPushParameters(file: string | undefined): Readonly<Record<string, string>> {
  const { publicKey, privateKey } = file === undefined ? webPush.generateVAPIDKeys() : keptIn(file);
  return { [`${FOLDER}/public`]: publicKey, [`${FOLDER}/private`]: privateKey };
}

function keptIn(file: string) {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(webPush.generateVAPIDKeys()), { mode: 0o600 });
  const { publicKey, privateKey } = recordOf(JSON.parse(readFileSync(file, 'utf8')));
  return { publicKey: String(publicKey), privateKey: String(privateKey) };
}
