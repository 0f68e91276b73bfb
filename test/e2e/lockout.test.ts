import { describe, expect } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import { temporaryFolder } from '../support/process.ts';
import {
  adminEnv,
  type Grant,
  type GraphQLAnswer,
  goodPassword,
  login,
  newEmail,
  refresh,
  type SignedIn,
  signup,
  startServer,
  type TestServer,
  testWithServer,
} from '../support/server.ts';

const minute = 60_000;

const test = testWithServer({ ...adminEnv, BASIC_AUTH: 'on' });

const failTimes = async (server: TestServer, count: number, email: string): Promise<readonly GraphQLAnswer[]> => {
  const answers: GraphQLAnswer[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await login(server, email, `wrong ${n}`));
  return answers;
};

const locked = async (server: TestServer, email = newEmail()): Promise<Grant> => {
  const grant = await signup(server, email);
  await failTimes(server, 5, email);
  return grant;
};

const codeOf = async (answer: Promise<GraphQLAnswer>) => (await answer).codes[0] ?? 'signed in';
const basic = (email: string, password = goodPassword) => ({
  authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`,
});
const askAs = (server: TestServer, headers: Record<string, string>) => server.gql('{ me { id } }', { headers });
const unlock = (server: TestServer, { accessToken: token }: SignedIn, id: string) =>
  server.gql('mutation ($id: ID!) { unlockUser(id: $id) { email } }', { token, variables: { id } });
const eventsOf = (server: TestServer, userId: string | null) =>
  server
    .logLines()
    .filter((line) => typeof line['event'] === 'string' && line['userId'] === userId)
    .map((line) => line['event']);

/** The answers to twenty simultaneous logins with different passwords. (One request holds one login.) */
const twentyGuesses = (on: TestServer, email: string, n: number): Promise<readonly string[]> => {
  const headers = {
    'x-forwarded-for': `203.0.113.${n}`,
    'x-real-ip': `198.51.100.${n}`,
    forwarded: `for=192.0.2.${n}`,
  };
  return Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(login(on, email, `guess ${n}-${i}`, headers))));
};

describe('five wrong passwords', () => {
  test('P14: five wrong passwords lock an email for login, /token, Basic and changePassword', async ({ server }) => {
    const { user, accessToken } = await signup(server);
    const answers = await failTimes(server, 5, user.email);
    expect(answers.map(({ codes }) => codes)).toEqual(Array(5).fill(['INVALID_CREDENTIALS']));

    const answer = await login(server, user.email);
    expect([answer.status, answer.codes, answer.data]).toEqual([200, ['ACCOUNT_LOCKED'], null]);
    const retryAfter = Number(answer.errors?.[0]?.extensions['retryAfter']);
    expect(retryAfter).toBeGreaterThan(880);
    expect(retryAfter).toBeLessThanOrEqual(900);
    expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: true });

    const form = { grant_type: 'password', username: user.email, password: goodPassword };
    const token = await sendForm(server, '/token', form);
    expect([token.status, token.body.error]).toEqual([400, 'invalid_grant']);
    expect(Number(token.headers.get('retry-after'))).toBeGreaterThan(880);

    const byBasic = await askAs(server, basic(user.email));
    expect([byBasic.data, byBasic.codes]).toEqual([undefined, ['ACCOUNT_LOCKED']]);
    expect(Number(byBasic.headers.get('retry-after'))).toBeGreaterThan(880);

    const change = `mutation { changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another lamp over nine stairs" }) { expiresIn } }`;
    expect(await codeOf(server.gql(change, { token: accessToken }))).toBe('ACCOUNT_LOCKED');
  });

  test('P14: wrong passwords count together wherever they are sent', async ({ server }) => {
    const { user, accessToken } = await signup(server);
    const wrong = 'mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) { expiresIn } }';
    await login(server, user.email, 'wrong');
    await sendForm(server, '/token', { grant_type: 'password', username: user.email, password: 'wrong' });
    await askAs(server, basic(user.email, 'wrong'));
    await askAs(server, basic(user.email, 'wrong too'));
    expect(await codeOf(server.gql(wrong, { token: accessToken }))).toBe('INVALID_CREDENTIALS');
    expect(await codeOf(login(server, user.email))).toBe('ACCOUNT_LOCKED');
  });

  test('P17: a lock leaves sessions, refresh and API keys alone', async ({ server, admin }) => {
    const email = newEmail();
    const grant = await signup(server, email);
    const key = (
      await server.gql('mutation { createApiKey(input: { name: "k", scopes: ["account:read"] }) { secret } }', {
        token: grant.accessToken,
      })
    ).data.createApiKey.secret;
    await failTimes(server, 5, email);
    await Promise.all(Array.from({ length: 50 }, (_, n) => login(server, email, `guess ${n}`)));
    expect(await codeOf(askAs(server, { authorization: `Bearer ${grant.accessToken}` }))).toBe('signed in');
    expect(await codeOf(askAs(server, { 'x-api-key': key }))).toBe('signed in');
    expect(await codeOf(refresh(server, grant.refreshToken))).toBe('signed in');
    expect(await codeOf(login(server, admin.user.email))).toBe('signed in');
  });

  test('P14: a lock refuses a cached Basic sign-in too', async ({ server, admin }) => {
    const { user } = await signup(server);
    expect(await codeOf(askAs(server, basic(user.email)))).toBe('signed in');
    await failTimes(server, 5, user.email);
    expect(await codeOf(askAs(server, basic(user.email)))).toBe('ACCOUNT_LOCKED');
    await unlock(server, admin, user.id);
    expect(await codeOf(askAs(server, basic(user.email)))).toBe('signed in');
  });

  test('P16: every spelling of an email shares one count', async ({ server }) => {
    const { user } = await signup(server, 'lock.me@example.com');
    const spellings = ['LOCK.me@example.com', ' lock.me@example.com ', 'lock.me@EXAMPLE.com.', 'Lock.Me@example.com'];
    for (const spelling of spellings) await login(server, spelling, 'wrong');
    await login(server, user.email, 'wrong');
    expect(await codeOf(login(server, user.email))).toBe('ACCOUNT_LOCKED');
  });

  test('P14: a right password clears the count', async ({ server }) => {
    const { user } = await signup(server);
    for (let round = 0; round < 2; round += 1) {
      await failTimes(server, 4, user.email);
      expect(await codeOf(login(server, user.email))).toBe('signed in');
    }
  });
});

describe('locks', () => {
  test('P14: a lock ends fifteen minutes after the fifth failure, however often login is tried meanwhile', async () => {
    const own = await startServer();
    const { user } = await signup(own);
    await failTimes(own, 5, user.email);
    for (let n = 0; n < 14; n += 1) {
      own.advance(minute);
      expect(await codeOf(login(own, user.email, 'wrong'))).toBe('ACCOUNT_LOCKED');
    }
    own.advance(minute);
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });

  test('P14: locks and counts hold across restarts and on every instance', async () => {
    const dataDir = temporaryFolder();
    const [one, two] = [await startServer({}, { dataDir }), await startServer({}, { dataDir })];
    const [{ user: ada }, { user: bob }] = [await signup(one), await signup(one)];
    await failTimes(one, 3, ada.email);
    await failTimes(two, 2, ada.email);
    await failTimes(two, 4, bob.email);
    expect(await codeOf(login(one, ada.email))).toBe('ACCOUNT_LOCKED');
    await Promise.all([one.stop(), two.stop()]);
    const again = await startServer({}, { dataDir });
    expect(await codeOf(login(again, ada.email))).toBe('ACCOUNT_LOCKED');
    expect(await codeOf(login(again, bob.email, 'wrong'))).toBe('INVALID_CREDENTIALS');
    expect(await codeOf(login(again, bob.email))).toBe('ACCOUNT_LOCKED');
  });

  test('P12: an email without an account is locked in the same way and looks the same', async ({ server }) => {
    const { user } = await signup(server);
    const nobody = newEmail();
    const since = server.logLines().length;
    const shapeOf = ({ status, errors, headers }: GraphQLAnswer) => ({
      status,
      errors: errors?.map(({ message, extensions }) => ({
        message,
        code: extensions['code'],
        keys: Object.keys(extensions),
      })),
      headers: [...headers.keys()].sort(),
    });
    const known = [...(await failTimes(server, 5, user.email)), await login(server, user.email)].map(shapeOf);
    const unknown = [...(await failTimes(server, 5, nobody)), await login(server, nobody)].map(shapeOf);
    expect(unknown).toEqual(known);
    const events = server
      .logLines()
      .slice(since)
      .map(({ event }) => event)
      .filter((event) => event !== undefined);
    expect(events.slice(7)).toEqual(events.slice(0, 7));
    expect(JSON.stringify(server.logLines())).not.toContain(nobody);
  });

  test('a lock is visible to its holder and ended by administrators', async ({ server, admin }) => {
    const holder = await locked(server);
    const { user, accessToken } = holder;
    const securityEvents = async () =>
      (
        await server.gql('{ securityEvents(first: 3) { edges { node { type ip } } } }', { token: accessToken })
      ).data.securityEvents.edges.map(({ node }: { node: { type: string; ip: string | null } }) => node);
    expect(await securityEvents()).toMatchObject([
      { type: 'user.locked', ip: expect.any(String) },
      { type: 'user.login_failed' },
      { type: 'user.login_failed' },
    ]);
    expect(await codeOf(unlock(server, holder, user.id))).toBe('FORBIDDEN ROLE');
    expect((await unlock(server, admin, user.id)).data.unlockUser.email).toBe(user.email);
    expect((await unlock(server, admin, user.id)).codes).toEqual([]);
    expect((await securityEvents())[0]).toEqual({ type: 'user.unlocked', ip: null });
    await failTimes(server, 4, user.email);
    expect(await codeOf(login(server, user.email))).toBe('signed in');
    expect(eventsOf(server, user.id).filter((event) => event === 'user.unlocked')).toHaveLength(1);
    expect((await unlock(server, admin, 'nobody')).codes).toEqual(['NOT_FOUND']);
  });

  test('LOGIN_MAX_FAILURES and LOGIN_LOCK set the number of failures and the length of the lock', async () => {
    const own = await startServer({ LOGIN_MAX_FAILURES: '2', LOGIN_LOCK: '1m' });
    const { user } = await signup(own);
    await failTimes(own, 2, user.email);
    expect(await codeOf(login(own, user.email))).toBe('ACCOUNT_LOCKED');
    own.advance(minute);
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });
});

describe('simultaneous guesses', () => {
  test('P15, P16: of many guesses five are checked, whatever address they claim', async ({ server }) => {
    const { user } = await signup(server);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => twentyGuesses(server, user.email, n)));
    expect(new Set(answers.flat())).toEqual(new Set(['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED']));
    expect(eventsOf(server, user.id).filter((event) => event === 'user.login_failed')).toHaveLength(5);
    expect(eventsOf(server, user.id).filter((event) => event === 'user.locked')).toHaveLength(1);
  });

  test('a guess that was refused because the server was busy does not count', async () => {
    const own = await startServer();
    const { user } = await signup(own);
    const crowd = Promise.all(Array.from({ length: 60 }, (_, n) => login(own, `crowd${n}@example.com`)));
    let refused = 0;
    while (refused < 6 && (await codeOf(login(own, user.email))) === 'SERVICE_UNAVAILABLE') refused += 1;
    await crowd;
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });
});
