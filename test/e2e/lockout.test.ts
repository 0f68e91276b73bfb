import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import {
  adminEnv,
  type Grant,
  type GraphQLAnswer,
  goodPassword,
  login,
  loginAsAdmin,
  newEmail,
  refresh,
  serverForTest,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

const minute = 60_000;

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer({ ...adminEnv, BASIC_AUTH: 'on' });
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

const failTimes = async (count: number, email: string, on = server): Promise<readonly GraphQLAnswer[]> => {
  const answers: GraphQLAnswer[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await login(on, email, `wrong ${n}`));
  return answers;
};

const locked = async (email = newEmail()): Promise<Grant> => {
  const grant = await signup(server, email);
  await failTimes(5, email);
  return grant;
};

const codeOf = async (answer: Promise<GraphQLAnswer>) => (await answer).codes[0] ?? 'signed in';
const basic = (email: string, password = goodPassword) => ({
  authorization: `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`,
});
const askAs = (headers: Record<string, string>) => server.gql('{ me { id } }', { headers });
const unlock = (id: string, token = admin.accessToken) =>
  server.gql('mutation ($id: ID!) { unlockUser(id: $id) { email } }', { token, variables: { id } });
const eventsOf = (userId: string | null, on = server) =>
  on
    .logLines()
    .filter((line) => typeof line['event'] === 'string' && line['userId'] === userId)
    .map((line) => line['event']);

/** Twenty sign-ins at once, each with another password; how each was answered. (In one request there is one.) */
const twenty = (on: TestServer, email: string, n: number): Promise<readonly string[]> => {
  const headers = {
    'x-forwarded-for': `203.0.113.${n}`,
    'x-real-ip': `198.51.100.${n}`,
    forwarded: `for=192.0.2.${n}`,
  };
  return Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(login(on, email, `guess ${n}-${i}`, headers))));
};

describe('five wrong passwords for one email', () => {
  it('P14: lock it: the right password is refused too, by login, /token, Basic and changePassword', async () => {
    const { user, accessToken } = await signup(server);
    const answers = await failTimes(5, user.email);
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

    const byBasic = await askAs(basic(user.email));
    expect([byBasic.data, byBasic.codes]).toEqual([undefined, ['ACCOUNT_LOCKED']]);
    expect(Number(byBasic.headers.get('retry-after'))).toBeGreaterThan(880);

    const change = `mutation { changePassword(input: { currentPassword: "${goodPassword}", newPassword: "another lamp over nine stairs" }) { expiresIn } }`;
    expect(await codeOf(server.gql(change, { token: accessToken }))).toBe('ACCOUNT_LOCKED');
  });

  it('count together, wherever they are tried', async () => {
    const { user, accessToken } = await signup(server);
    const wrong = 'mutation { changePassword(input: { currentPassword: "x", newPassword: "y" }) { expiresIn } }';
    await login(server, user.email, 'wrong');
    await sendForm(server, '/token', { grant_type: 'password', username: user.email, password: 'wrong' });
    await askAs(basic(user.email, 'wrong'));
    await askAs(basic(user.email, 'wrong too'));
    expect(await codeOf(server.gql(wrong, { token: accessToken }))).toBe('INVALID_CREDENTIALS');
    expect(await codeOf(login(server, user.email))).toBe('ACCOUNT_LOCKED');
  });

  it('P17: leave everything else alone: sessions, refresh and API keys go on', async () => {
    const email = newEmail();
    const grant = await signup(server, email);
    const key = (
      await server.gql('mutation { createApiKey(input: { name: "k", scopes: ["account:read"] }) { secret } }', {
        token: grant.accessToken,
      })
    ).data.createApiKey.secret;
    await failTimes(5, email);
    await Promise.all(Array.from({ length: 50 }, (_, n) => login(server, email, `guess ${n}`)));
    expect(await codeOf(askAs({ authorization: `Bearer ${grant.accessToken}` }))).toBe('signed in');
    expect(await codeOf(askAs({ 'x-api-key': key }))).toBe('signed in');
    expect(await codeOf(refresh(server, grant.refreshToken))).toBe('signed in');
    expect(await codeOf(login(server, admin.user.email))).toBe('signed in');
  });

  it('a Basic pair that was right a moment ago is refused as well', async () => {
    const { user } = await signup(server);
    expect(await codeOf(askAs(basic(user.email)))).toBe('signed in');
    await failTimes(5, user.email);
    expect(await codeOf(askAs(basic(user.email)))).toBe('ACCOUNT_LOCKED');
    await unlock(user.id);
    expect(await codeOf(askAs(basic(user.email)))).toBe('signed in');
  });

  it('P16: are one count for every spelling of the email', async () => {
    const { user } = await signup(server, 'lock.me@example.com');
    const spellings = ['LOCK.me@example.com', ' lock.me@example.com ', 'lock.me@EXAMPLE.com.', 'Lock.Me@example.com'];
    for (const spelling of spellings) await login(server, spelling, 'wrong');
    await login(server, user.email, 'wrong');
    expect(await codeOf(login(server, user.email))).toBe('ACCOUNT_LOCKED');
  });

  it('a right one in between clears the count', async () => {
    const { user } = await signup(server);
    for (let round = 0; round < 2; round += 1) {
      await failTimes(4, user.email);
      expect(await codeOf(login(server, user.email))).toBe('signed in');
    }
  });
});

describe('a lock', () => {
  it('ends fifteen minutes after the fifth failure, however often somebody tries', async () => {
    const own = await serverForTest();
    const { user } = await signup(own);
    await failTimes(5, user.email, own);
    for (let n = 0; n < 14; n += 1) {
      own.advance(minute);
      expect(await codeOf(login(own, user.email, 'wrong'))).toBe('ACCOUNT_LOCKED');
    }
    own.advance(minute);
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });

  it('P14: holds across restarts and on every instance, and so does a count', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    const [one, two] = [await startServer({}, folder), await startServer({}, folder)];
    const [{ user: ada }, { user: bob }] = [await signup(one), await signup(one)];
    await failTimes(3, ada.email, one);
    await failTimes(2, ada.email, two);
    await failTimes(4, bob.email, two);
    expect(await codeOf(login(one, ada.email))).toBe('ACCOUNT_LOCKED');
    await Promise.all([one.stop(), two.stop()]);
    const again = await startServer({}, folder);
    expect(await codeOf(login(again, ada.email))).toBe('ACCOUNT_LOCKED');
    expect(await codeOf(login(again, bob.email, 'wrong'))).toBe('INVALID_CREDENTIALS');
    expect(await codeOf(login(again, bob.email))).toBe('ACCOUNT_LOCKED');
    await again.stop();
    rmSync(folder, { recursive: true });
  });

  it('is as easy to get for an email that is nobody’s, and looks the same', async () => {
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
    const known = [...(await failTimes(5, user.email)), await login(server, user.email)].map(shapeOf);
    const unknown = [...(await failTimes(5, nobody)), await login(server, nobody)].map(shapeOf);
    expect(unknown).toEqual(known);
    const events = server
      .logLines()
      .slice(since)
      .map(({ event }) => event)
      .filter((event) => event !== undefined);
    expect(events.slice(7)).toEqual(events.slice(0, 7));
    expect(JSON.stringify(server.logLines())).not.toContain(nobody);
  });

  it('shows: to its holder, and to administrators, who end it', async () => {
    const { user, accessToken } = await locked();
    const securityEvents = async () =>
      (
        await server.gql('{ securityEvents(first: 3) { edges { node { type ip } } } }', { token: accessToken })
      ).data.securityEvents.edges.map(({ node }: { node: { type: string; ip: string | null } }) => node);
    expect(await securityEvents()).toMatchObject([
      { type: 'user.locked', ip: expect.any(String) },
      { type: 'user.login_failed' },
      { type: 'user.login_failed' },
    ]);
    expect(await codeOf(unlock(user.id, accessToken))).toBe('FORBIDDEN ROLE');
    expect((await unlock(user.id)).data.unlockUser.email).toBe(user.email);
    expect((await unlock(user.id)).codes).toEqual([]);
    expect((await securityEvents())[0]).toEqual({ type: 'user.unlocked', ip: null });
    await failTimes(4, user.email);
    expect(await codeOf(login(server, user.email))).toBe('signed in');
    expect(eventsOf(user.id).filter((event) => event === 'user.unlocked')).toHaveLength(1);
    expect((await unlock('nobody')).codes).toEqual(['NOT_FOUND']);
  });

  it('is as many failures and as long as configured', async () => {
    const own = await serverForTest({ LOGIN_MAX_FAILURES: '2', LOGIN_LOCK: '1m' });
    const { user } = await signup(own);
    await failTimes(2, user.email, own);
    expect(await codeOf(login(own, user.email))).toBe('ACCOUNT_LOCKED');
    own.advance(minute);
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });
});

describe('tries at once', () => {
  it('P15, P16: of many guesses five are looked at, whatever address they claim', async () => {
    const { user } = await signup(server);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => twenty(server, user.email, n)));
    expect(new Set(answers.flat())).toEqual(new Set(['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED']));
    expect(eventsOf(user.id).filter((event) => event === 'user.login_failed')).toHaveLength(5);
    expect(eventsOf(user.id).filter((event) => event === 'user.locked')).toHaveLength(1);
  });

  it('F24: of a thousand guesses on two instances five are looked at, and nothing is locked for ever', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    const [one, two] = [await startServer({}, folder), await startServer({}, folder)];
    const { user } = await signup(one);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => twenty(n % 2 === 0 ? one : two, user.email, n)),
    );
    expect(new Set(answers.flat())).toEqual(new Set(['INVALID_CREDENTIALS', 'ACCOUNT_LOCKED']));
    const seen = [...eventsOf(user.id, one), ...eventsOf(user.id, two)];
    expect(seen.filter((event) => event === 'user.login_failed')).toHaveLength(5);
    expect(seen.filter((event) => event === 'user.locked')).toHaveLength(1);
    one.advance(15 * minute);
    expect(await codeOf(login(one, user.email))).toBe('signed in');
    await Promise.all([one.stop(), two.stop()]);
    rmSync(folder, { recursive: true });
  });

  it('right ones wait for each other and all get in, also on two instances and after four failures', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
    const [one, two] = [await startServer({}, folder), await startServer({}, folder)];
    const { user } = await signup(one);
    await failTimes(4, user.email, one);
    const codes = await Promise.all(
      Array.from({ length: 64 }, (_, n) => codeOf(login(n % 2 === 0 ? one : two, user.email))),
    );
    expect(new Set(codes)).toEqual(new Set(['signed in']));
    await Promise.all([one.stop(), two.stop()]);
    rmSync(folder, { recursive: true });
  });

  it('a try that was not looked at, since the server was too busy, does not count', async () => {
    const own = await serverForTest();
    const { user } = await signup(own);
    const crowd = Promise.all(Array.from({ length: 60 }, (_, n) => login(own, `crowd${n}@example.com`)));
    let refused = 0;
    while (refused < 6 && (await codeOf(login(own, user.email))) === 'SERVICE_UNAVAILABLE') refused += 1;
    await crowd;
    expect(await codeOf(login(own, user.email))).toBe('signed in');
  });
});
