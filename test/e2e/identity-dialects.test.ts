import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  beginUrl,
  challengeOf,
  createBrowser,
  createVerifier,
  locationOf,
  loginAt,
  signInAt,
} from '../support/identity-browser.ts';
import {
  clientId,
  clientSecret,
  providerEnv,
  redeem,
  returnTo,
  sendBack,
  sendJson,
  startSite,
} from '../support/identity-providers.ts';
import { serverForTest } from '../support/server.ts';

type Body = Record<string, unknown>;

/** GitHub as its documentation describes it: errors with status 200, JSON for who asks for it, `iss` in the answer. */
const startGitHub = async () => {
  const codes = new Map<string, URLSearchParams>();
  const site = await startSite({});
  const person = {
    user: { id: 583231, login: 'octocat', name: 'The Octocat', email: null } as Body,
    emails: [
      { email: 'octocat@users.noreply.github.com', primary: false, verified: true },
      { email: 'octocat@github.com', primary: true, verified: true },
    ] as Body[] | null,
  };
  const isSignedIn = (authorization: string | undefined): boolean => authorization === 'Bearer gho_token';
  Object.assign(site.answers, {
    '/login/oauth/authorize': sendBack(codes, { iss: `${site.url}/login/oauth` }),
    '/login/oauth/access_token': ({ parameters, headers }, response) => {
      const isClient = parameters.get('client_id') === clientId && parameters.get('client_secret') === clientSecret;
      if (headers.accept !== 'application/json') return void response.writeHead(200).end('error=not_json');
      if (!isClient || !redeem(codes, parameters)) return sendJson(response, { error: 'bad_verification_code' });
      sendJson(response, { access_token: 'gho_token', scope: 'read:user,user:email', token_type: 'bearer' });
    },
    '/api/v3/user': ({ headers }, response) =>
      isSignedIn(headers.authorization) && headers['user-agent']
        ? sendJson(response, person.user)
        : sendJson(response, { message: 'Requires authentication' }, 401),
    '/api/v3/user/emails': ({ headers }, response) =>
      isSignedIn(headers.authorization) && person.emails
        ? sendJson(response, person.emails)
        : sendJson(response, { message: 'Not Found' }, 404),
  } satisfies typeof site.answers);
  return { site, person };
};

describe('GitHub', () => {
  const start = async () => {
    const github = await startGitHub();
    return { ...github, server: await serverForTest(providerEnv({ GITHUB: github.site.url })) };
  };

  it('says who somebody is by a number, and vouches for the primary email', async () => {
    const { server, person } = await start();
    const { user } = (await loginAt(server, 'github')).data.loginWithProvider;
    expect(user).toMatchObject({ email: 'octocat@github.com', name: 'The Octocat' });
    person.user = { id: 583231, login: 'renamed', name: null };
    expect((await loginAt(server, 'github')).data.loginWithProvider.user).toEqual(user);
    person.user = { id: 1, login: 'octocat', name: 'The Octocat' };
    expect((await loginAt(server, 'github')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
  });

  it('is asked for no more than it takes, with S256', async () => {
    const { server, site } = await start();
    await loginAt(server, 'github');
    const [asked] = site.asked('/login/oauth/authorize');
    expect(Object.fromEntries(asked?.parameters ?? [])).toMatchObject({
      ...{ response_type: 'code', client_id: clientId, scope: 'read:user user:email', code_challenge_method: 'S256' },
    });
    expect(asked?.parameters.has('nonce')).toBe(false);
  });

  it.each<[string, Body[] | null]>([
    ['has not verified the primary one', [{ email: 'octocat@github.com', primary: true, verified: false }]],
    ['says "true" and not true', [{ email: 'octocat@github.com', primary: true, verified: 'true' }]],
    ['tells no primary one', [{ email: 'octocat@github.com', primary: false, verified: true }]],
    ['tells none', []],
  ])('makes no account where it %s', async (_what, emails) => {
    const { server, person } = await start();
    person.emails = emails;
    expect((await loginAt(server, 'github')).codes).toEqual(['EMAIL_UNVERIFIED']);
  });

  it('fails where its API does', async () => {
    const { server, person } = await start();
    person.emails = null;
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
    Object.assign(person, { emails: [], user: { login: 'octocat' } });
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
  });

  it('O04: the `iss` it sends must be its own', async () => {
    const { server, site } = await start();
    site.answers['/login/oauth/authorize'] = sendBack(new Map(), { iss: 'https://evil.example.com' });
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
    expect(site.asked('/login/oauth/access_token')).toEqual([]);
  });

  it('is github.com unless the configuration says otherwise', async () => {
    const { OAUTH_GITHUB_ISSUER: _, ...env } = providerEnv({ GITHUB: '' });
    const browser = createBrowser(await serverForTest(env));
    const begin = await browser.visit(beginUrl('github', { returnTo, codeChallenge: challengeOf(createVerifier()) }));
    expect(locationOf(begin)).toMatch(/^https:\/\/github\.com\/login\/oauth\/authorize\?/);
  });
});

/** Facebook as its documentation describes it. */
const startFacebook = async () => {
  const codes = new Map<string, URLSearchParams>();
  const site = await startSite({});
  const person = { id: '10158021234567890', name: 'Ada Lovelace', email: 'ada@example.com' } as Body;
  Object.assign(site.answers, {
    '/dialog/oauth': sendBack(codes),
    '/oauth/access_token': ({ parameters }, response) =>
      redeem(codes, parameters) && parameters.get('client_secret') === clientSecret
        ? sendJson(response, { access_token: 'EAAG', token_type: 'bearer', expires_in: 5_183_944 })
        : sendJson(response, { error: { message: 'Invalid verification code', code: 100 } }, 400),
    '/me': ({ parameters, headers }, response) => {
      const proof = createHmac('sha256', clientSecret).update('EAAG').digest('hex');
      const isProven = headers.authorization === 'Bearer EAAG' && parameters.get('appsecret_proof') === proof;
      const asked = (parameters.get('fields') ?? '').split(',');
      const told = Object.entries(person).filter(([name]) => asked.includes(name));
      if (isProven) sendJson(response, Object.fromEntries(told));
      else sendJson(response, { error: { code: 190 } }, 400);
    },
  } satisfies typeof site.answers);
  return { site, person };
};

describe('Facebook', () => {
  const start = async () => {
    const facebook = await startFacebook();
    return { ...facebook, server: await serverForTest(providerEnv({ FACEBOOK: facebook.site.url })) };
  };

  it('says who somebody is, and is shown that the app has its secret', async () => {
    const { server, site } = await start();
    expect((await loginAt(server, 'facebook')).data.loginWithProvider.user).toMatchObject({
      ...{ email: 'ada@example.com', name: 'Ada Lovelace' },
    });
    expect(site.asked('/dialog/oauth')[0]?.parameters.get('scope')).toBe('email public_profile');
  });

  it.each([undefined, '', 'no address'])('makes no account where the email is %j', async (email) => {
    const { server, person } = await start();
    Object.assign(person, { email });
    expect((await loginAt(server, 'facebook')).codes).toEqual(['EMAIL_UNVERIFIED']);
  });

  it('knows an account again that was made with an email it does not tell any more', async () => {
    const { server, person } = await start();
    const { user } = (await loginAt(server, 'facebook')).data.loginWithProvider;
    Object.assign(person, { email: undefined });
    expect((await loginAt(server, 'facebook')).data.loginWithProvider.user).toEqual(user);
  });

  it.each([{ id: undefined }, { id: '' }, { id: 1.5 }, { id: { a: 1 } }])('fails with %j', async (odd) => {
    const { server, person } = await start();
    Object.assign(person, odd);
    expect((await signInAt(server, 'facebook')).error).toBe('PROVIDER_FAILED');
  });
});
