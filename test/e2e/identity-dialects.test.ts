import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  beginUrl,
  challengeOf,
  createBrowser,
  createVerifier,
  linkIdentity,
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
import { signup, startServer } from '../support/server.ts';

type Body = Record<string, unknown>;

/** GitHub as its documentation describes it: errors with status 200, JSON on request, `iss` in the answer. */
const startGitHub = async () => {
  const codes = new Map<string, URLSearchParams>();
  const site = await startSite({});
  const person = {
    user: { id: 583231, login: 'octocat', name: 'The Octocat', email: null } as Body,
    emails: [
      { email: 'octocat@users.noreply.github.com', primary: false, verified: true },
      { email: 'octocat@github.com', primary: true, verified: true },
    ] as Body[] | null,
    /** The status where there are no emails: 403 for a GitHub App without the permission, 404 for an OAuth app without the scope. */
    emailsStatus: 404,
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
        : sendJson(response, { message: 'No emails' }, person.emailsStatus),
  } satisfies typeof site.answers);
  return { site, person };
};

describe('GitHub', () => {
  const start = async () => {
    const github = await startGitHub();
    return { ...github, server: await startServer(providerEnv({ GITHUB: github.site.url })) };
  };

  test('GitHub identifies a person by a number and vouches for the primary email', async () => {
    const { server, person } = await start();
    const { user } = (await loginAt(server, 'github')).data.loginWithProvider;
    expect(user).toMatchObject({ email: 'octocat@github.com', name: 'The Octocat' });
    person.user = { id: 583231, login: 'renamed', name: null };
    expect((await loginAt(server, 'github')).data.loginWithProvider.user).toEqual(user);
    person.user = { id: 1, login: 'octocat', name: 'The Octocat' };
    expect((await loginAt(server, 'github')).codes).toEqual(['ACCOUNT_LINK_REQUIRED']);
  });

  test('GitHub is asked for the least scope, with S256', async () => {
    const { server, site } = await start();
    await loginAt(server, 'github');
    const [asked] = site.asked('/login/oauth/authorize');
    expect(Object.fromEntries(asked?.parameters ?? [])).toMatchObject({
      ...{ response_type: 'code', client_id: clientId, scope: 'read:user user:email', code_challenge_method: 'S256' },
    });
    expect(asked?.parameters.has('nonce')).toBe(false);
  });

  test.each<[string, Body[] | null]>([
    ['has not verified the primary email', [{ email: 'octocat@github.com', primary: true, verified: false }]],
    ['says "true" and not true', [{ email: 'octocat@github.com', primary: true, verified: 'true' }]],
    ['names no primary email', [{ email: 'octocat@github.com', primary: false, verified: true }]],
    ['lists no email', []],
  ])('no account is created where GitHub %s', async (_what, emails) => {
    const { server, person } = await start();
    person.emails = emails;
    expect((await loginAt(server, 'github')).codes).toEqual(['EMAIL_UNVERIFIED']);
  });

  test('a sign-in fails where the API of GitHub does', async () => {
    const { server, person } = await start();
    Object.assign(person, { emails: [], user: { login: 'octocat' } });
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
  });

  test.each([403, 404])('whoever is known signs in where GitHub answers %i at its emails', async (emailsStatus) => {
    const { server, person } = await start();
    const { user } = (await loginAt(server, 'github')).data.loginWithCode;
    Object.assign(person, { emails: null, emailsStatus });
    expect((await loginAt(server, 'github')).data.loginWithCode.user).toEqual(user);
    person.user = { id: 1, login: 'new', name: null };
    expect((await loginAt(server, 'github')).codes).toEqual(['EMAIL_UNVERIFIED']);
    const { accessToken } = await signup(server);
    const linked = await linkIdentity(server, accessToken, await signInAt(server, 'github'));
    expect(linked.data.linkIdentity.identity).toMatchObject({ provider: 'github', email: null });
  });

  test.each([401, 500])('a sign-in fails where GitHub answers %i at its emails', async (emailsStatus) => {
    const { server, person } = await start();
    await loginAt(server, 'github');
    Object.assign(person, { emails: null, emailsStatus });
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
  });

  test('O04: an `iss` that is not GitHub’s is refused', async () => {
    const { server, site } = await start();
    site.answers['/login/oauth/authorize'] = sendBack(new Map(), { iss: 'https://evil.example.com' });
    expect((await signInAt(server, 'github')).error).toBe('PROVIDER_FAILED');
    expect(site.asked('/login/oauth/access_token')).toEqual([]);
  });

  test('GitHub is github.com unless the configuration says otherwise', async () => {
    const { OAUTH_GITHUB_ISSUER: _, ...env } = providerEnv({ GITHUB: '' });
    const browser = createBrowser(await startServer(env));
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
    return { ...facebook, server: await startServer(providerEnv({ FACEBOOK: facebook.site.url })) };
  };

  test('Facebook identifies a person, and is shown a proof of the app secret', async () => {
    const { server, site } = await start();
    expect((await loginAt(server, 'facebook')).data.loginWithProvider.user).toMatchObject({
      ...{ email: 'ada@example.com', name: 'Ada Lovelace' },
    });
    expect(site.asked('/dialog/oauth')[0]?.parameters.get('scope')).toBe('email public_profile');
  });

  test.each([undefined, '', 'no address'])(
    'no account is created where the email from Facebook is %j',
    async (email) => {
      const { server, person } = await start();
      Object.assign(person, { email });
      expect((await loginAt(server, 'facebook')).codes).toEqual(['EMAIL_UNVERIFIED']);
    },
  );

  test('an account is found again although Facebook no longer shares its email', async () => {
    const { server, person } = await start();
    const { user } = (await loginAt(server, 'facebook')).data.loginWithProvider;
    Object.assign(person, { email: undefined });
    expect((await loginAt(server, 'facebook')).data.loginWithProvider.user).toEqual(user);
  });

  test.each([{ id: undefined }, { id: '' }, { id: 1.5 }, { id: { a: 1 } }])(
    'a sign-in with the profile %j of Facebook fails',
    async (odd) => {
      const { server, person } = await start();
      Object.assign(person, odd);
      expect((await signInAt(server, 'facebook')).error).toBe('PROVIDER_FAILED');
    },
  );
});
