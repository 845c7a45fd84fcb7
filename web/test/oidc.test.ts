/** @module-tag long */
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { PROJECT_DIRECTORY } from '../../local/runtime.ts';
import { servePage } from '../../local/web-page/page-server.ts';
import { type Issuer, openIssuer } from './setup/issuer.ts';
import { visit } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

const CLIENT_ID = 'page';

/** Serves the page with this issuer in `config.json`, as in AWS, and returns its URL. */
async function pageFor(issuer: Issuer): Promise<string> {
  const { wsUrl, httpUrl } = inject('stack');
  const auth = { kind: 'oidc', issuer: issuer.url, clientId: CLIENT_ID };
  const server = await servePage({
    directory: join(PROJECT_DIRECTORY, 'web/dist'),
    port: 0,
    config: { wsUrl, httpUrl, auth, widgetOrigins: [] },
    signInUrls: [issuer.url],
  });
  onTestFinished(() => server.stop());
  return server.url;
}

describe('at an OpenID Connect issuer', () => {
  it('a user signs in with the code flow and PKCE, and stays signed in after a reload', async () => {
    const user = newUser('alice');
    const issuer = await openIssuer(user, CLIENT_ID, 3600);
    const page = await visit({ url: await pageFor(issuer) });
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: user }).waitFor();
    await page.getByText('No conversations yet').waitFor();
    expect(new URL(page.url()).search).toBe('');
    expect(issuer.grants).toEqual(['authorization_code']);
    await page.reload();
    await page.getByText('No conversations yet').waitFor();
    expect(issuer.grants).toEqual(['authorization_code']);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Continue' }).waitFor();
  });

  it('returns to the view where the sign-in started, such as the desk', async () => {
    const user = newUser('ann');
    const issuer = await openIssuer(user, CLIENT_ID, 3600);
    const page = await visit({ url: await pageFor(issuer), query: 'desk', reports: 'status of 403' });
    await page.getByRole('button', { name: 'Continue' }).click();
    // The issuer gives no roles.
    await page.getByText('You are not an agent').waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/desk', search: '' });
    expect(issuer.redirectUris).toEqual([new URL('/', page.url()).href]);
  });

  it('renews an old token, and offers the sign-in again when the issuer refuses', async () => {
    const issuer = await openIssuer(newUser('alice'), CLIENT_ID, 1);
    const page = await visit({ url: await pageFor(issuer), reports: 'status of 400' });
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('No conversations yet').waitFor();
    expect(issuer.grants.slice(0, 2)).toEqual(['authorization_code', 'refresh_token']);
    issuer.revoke();
    await page.reload();
    await page.getByText('Your sign-in has expired').waitFor();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await page.getByRole('button', { name: 'Continue' }).waitFor();
  });

  it('ignores an authorization response that the page did not request', async () => {
    const issuer = await openIssuer(newUser('alice'), CLIENT_ID, 3600);
    const page = await visit({ url: await pageFor(issuer), query: '?code=stolen&state=guessed' });
    await page.getByRole('button', { name: 'Continue' }).waitFor();
    expect(issuer.grants).toEqual([]);
  });
});
