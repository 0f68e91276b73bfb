import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendForm } from '../support/oauth.ts';
import {
  adminEnv,
  type Grant,
  goodPassword,
  login,
  loginAsAdmin,
  newEmail,
  refresh,
  signup,
  startServer,
  type TestServer,
} from '../support/server.ts';

let server: TestServer;
let admin: Grant;
beforeAll(async () => {
  server = await startServer({ ...adminEnv, BASIC_AUTH: 'on' });
  admin = await loginAsAdmin(server);
});
afterAll(() => server.stop());

type Event = {
  readonly id: string;
  readonly type: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly ip: string | null;
  readonly requestId: string | null;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly metadata: readonly { readonly name: string; readonly value: string }[];
};

const fields =
  'id time type outcome reason userId sessionId ip userAgent requestId actor { kind id } user { email } metadata { name value }';

const connection = (answer: Awaited<ReturnType<TestServer['gql']>>, field: string) => ({
  codes: answer.codes,
  events: (answer.data?.[field]?.edges ?? []).map(({ node }: { node: Event }) => node) as Event[],
  pageInfo: answer.data?.[field]?.pageInfo,
});

const own = async (token: string, page = '') =>
  connection(
    await server.gql(`{ securityEvents${page} { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`, {
      token,
    }),
    'securityEvents',
  );

const all = async (
  filter: object = {},
  { token = admin.accessToken, first = 100, after = null as string | null } = {},
) =>
  connection(
    await server.gql(
      `query ($first: Int, $after: String, $filter: AuthEventFilter) {
        authEvents(first: $first, after: $after, filter: $filter) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`,
      { token, variables: { first, after, filter } },
    ),
    'authEvents',
  );

const mutate = (mutation: string, token: string, headers: Record<string, string> = {}) =>
  server.gql(`mutation { ${mutation} }`, { token, headers });

const typesOf = (events: readonly Event[]) => events.map(({ type }) => type);
const metadataOf = (event: Event | undefined) =>
  Object.fromEntries((event?.metadata ?? []).map(({ name, value }) => [name, value]));

/** What an account can go through, in the order of its events. */
const liveThrough = async (email: string) => {
  const first = await signup(server, email);
  await login(server, email, 'wrong');
  const second: Grant = (await login(server, email)).data.login;
  const renewed: Grant = (await refresh(server, second.refreshToken)).data.refresh;
  await refresh(server, second.refreshToken);
  const { createApiKey } = (
    await mutate(
      'createApiKey(input: { name: "k", scopes: ["account:read"] }) { secret apiKey { id } }',
      renewed.accessToken,
    )
  ).data;
  await server.gql('{ me { id } }', { headers: { 'x-api-key': createApiKey.secret } });
  await mutate(`revokeApiKey(id: "${createApiKey.apiKey.id}") { apiKey { id } }`, renewed.accessToken);
  await mutate(`revokeSession(id: "${first.session.id}") { id }`, renewed.accessToken);
  await mutate(
    `changePassword(input: { currentPassword: "wrong", newPassword: "a lamp over nine quiet stairs" }) { expiresIn }`,
    renewed.accessToken,
  );
  const changed: Grant = (
    await mutate(
      `changePassword(input: { currentPassword: "${goodPassword}", newPassword: "a lamp over nine quiet stairs" }) { accessToken }`,
      renewed.accessToken,
    )
  ).data.changePassword;
  await mutate('logout { endedSessions }', changed.accessToken);
  return { user: first.user, first, second };
};

const lived = [
  'user.signed_up',
  'user.login_succeeded',
  'user.login_failed',
  'user.login_succeeded',
  'token.replayed',
  'api_key.created',
  'api_key.revoked',
  'session.revoked',
  'user.login_failed',
  'password.changed',
  'user.logged_out',
];

describe('L01: what happens is one line in the log', () => {
  it('with event, outcome, actor, account, session, address, request id and time', async () => {
    const { user, second } = await liveThrough(newEmail());
    const lines = server.logLines().filter((line) => line['userId'] === user.id && line['event'] !== 'access.refused');
    expect(lines.map((line) => line['event'])).toEqual([
      ...lived.slice(0, 4),
      'token.refreshed',
      ...lived.slice(4, 6),
      'api_key.used',
      ...lived.slice(6),
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ ip: expect.any(String), requestId: expect.any(String), userAgent: 'node' });
      expect(line).toMatchObject({ time: expect.anything(), outcome: expect.stringMatching(/^(?:success|failure)$/) });
    }
    const requests = server.logLines().filter(({ msg }) => msg === 'request');
    expect(requests.map((line) => line['requestId'])).toEqual(
      expect.arrayContaining(lines.map((line) => line['requestId'])),
    );
    const [login] = lines.filter((line) => line['sessionId'] === second.session.id);
    expect(login).toMatchObject({ event: 'user.login_succeeded', actor: { kind: 'account', id: user.id } });
  });

  it('service clients and administrators too', async () => {
    const since = server.logLines().length;
    const target = await signup(server);
    const { client, secret } = (
      await mutate('createServiceClient(input: { name: "billing" }) { client { id } secret }', admin.accessToken)
    ).data.createServiceClient;
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: secret };
    const { access_token: token } = (await sendForm(server, '/token', form)).body;
    await sendForm(server, '/revoke', { ...form, token });
    await sendForm(server, '/token', { ...form, client_secret: 'wrong' });
    await mutate(`rotateServiceClientSecret(id: "${client.id}") { secret }`, admin.accessToken);
    await mutate(`disableServiceClient(id: "${client.id}") { id }`, admin.accessToken);
    await mutate(`disableServiceClient(id: "${client.id}") { id }`, admin.accessToken);
    for (const role of ['MODERATOR', 'MODERATOR']) {
      await mutate(`setUserRole(input: { userId: "${target.user.id}", role: ${role} }) { id }`, admin.accessToken);
    }
    await mutate(`revokeUserSessions(userId: "${target.user.id}") { endedSessions }`, admin.accessToken);
    for (const change of ['disableUser', 'disableUser', 'enableUser', 'enableUser']) {
      await mutate(`${change}(id: "${target.user.id}") { id }`, admin.accessToken);
    }
    const lines = server
      .logLines()
      .slice(since)
      .filter(({ event }) => event !== undefined);
    expect(lines.map(({ event }) => event)).toEqual([
      ...['user.signed_up', 'user.login_succeeded', 'client.created', 'client.token_issued', 'client.token_revoked'],
      'client.login_failed',
      ...[
        'client.secret_rotated',
        'client.disabled',
        'role.changed',
        'session.revoked',
        'user.disabled',
        'user.enabled',
      ],
    ]);
    expect(lines.find(({ event }) => event === 'role.changed')).toMatchObject({
      ...{ actor: { kind: 'account', id: admin.user.id }, userId: target.user.id },
      metadata: { from: 'USER', to: 'MODERATOR' },
    });
    expect(lines[3]).toMatchObject({ actor: { kind: 'service', id: client.id }, ip: expect.any(String) });
  });

  it('a Basic sign-in says where it came from, whichever way the request takes', async () => {
    const { user } = await signup(server);
    const [right, wrong] = [goodPassword, 'wrong'].map((password) => ({
      authorization: `Basic ${Buffer.from(`${user.email}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    }));
    const body = JSON.stringify({ query: '{ me { id } }' });
    for (const headers of [right, wrong]) {
      for (const path of ['/graphql', '/graphql?way=the-other']) {
        await server.fetch(path, { method: 'POST', headers: headers ?? {}, body });
      }
    }
    const lines = server
      .logLines()
      .filter((line) => line['userId'] === user.id)
      .slice(2);
    expect(lines.map(({ event }) => event)).toEqual(['user.login_succeeded', 'user.login_failed', 'user.login_failed']);
    for (const line of lines) expect(line).toMatchObject({ ip: expect.any(String), requestId: expect.any(String) });
  });
});

describe('L02: a refusal is one line with the coordinate and without arguments', () => {
  const refusals = (since: number) =>
    server
      .logLines()
      .slice(since)
      .filter(({ event }) => event === 'access.refused');

  it.each(['/graphql', '/graphql?way=the-other'])('%s', async (path) => {
    const { accessToken, user } = await signup(server);
    const ask = (query: string, headers: Record<string, string> = { authorization: `Bearer ${accessToken}` }) =>
      server.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
    const since = server.logLines().length;
    await ask('{ users(search: "a secret") { edges { cursor } } }');
    await ask(`{ a: user(id: "${admin.user.id}") { email } b: user(id: "${admin.user.id}") { email } hello }`);
    await ask('{ hello me { id } }', {});
    await ask('{ me { id } }', { authorization: 'Bearer x.y.z' });
    await ask('{ hello viewer { kind } }');
    expect(refusals(since)).toMatchObject([
      { actor: { kind: 'account', id: user.id }, reason: 'ROLE', metadata: { coordinate: 'Query.users' } },
      { actor: { kind: 'account', id: user.id }, reason: 'POLICY', metadata: { coordinate: 'User.email' } },
      { actor: { kind: 'anonymous' }, reason: 'TOKEN_MISSING', metadata: { code: 'UNAUTHENTICATED' } },
      { actor: { kind: 'anonymous' }, reason: 'TOKEN_INVALID' },
    ]);
    expect(refusals(since)).toHaveLength(4);
    expect(JSON.stringify(refusals(since))).not.toContain('a secret');
  });
});

describe('securityEvents', () => {
  it('are about the caller alone, the newest first, and there as soon as they have happened', async () => {
    const { user, first } = await liveThrough(newEmail());
    const { accessToken: token } = (await login(server, user.email, 'a lamp over nine quiet stairs')).data.login;
    const { events } = await own(token);
    expect(typesOf(events)).toEqual(['user.login_succeeded', ...[...lived].reverse()]);
    expect(new Set(events.map(({ userId }) => userId))).toEqual(new Set([user.id]));
    expect(events.find(({ type }) => type === 'session.revoked')?.sessionId).toBe(first.session.id);
    expect(events.find(({ type }) => type === 'user.login_failed')?.outcome).toBe('FAILURE');
  });

  it("do not tell an administrator's name and address", async () => {
    const { refreshToken, user } = await signup(server);
    await mutate(`setUserRole(input: { userId: "${user.id}", role: MODERATOR }) { id }`, admin.accessToken);
    await mutate(`setUserRole(input: { userId: "${user.id}", role: USER }) { id }`, admin.accessToken);
    const { accessToken: token } = (await refresh(server, refreshToken)).data.refresh;
    const [, event] = (await own(token)).events;
    expect(event).toMatchObject({
      type: 'role.changed',
      actor: { kind: 'account', id: null },
      ip: null,
      requestId: null,
    });
    const [, full] = (await all({ userId: user.id })).events;
    expect(full).toMatchObject({
      id: event?.id,
      actor: { kind: 'account', id: admin.user.id },
      ip: expect.any(String),
    });
  });

  it('K08: are for an API key only with events:read', async () => {
    const { accessToken } = await signup(server);
    const keyFor = async (scope: string) =>
      (await mutate(`createApiKey(input: { name: "x", scopes: ["${scope}"] }) { secret }`, accessToken)).data
        .createApiKey.secret;
    const ask = async (key: string) =>
      (await server.gql('{ securityEvents { edges { node { type } } } }', { headers: { 'x-api-key': key } })).codes;
    expect(await ask(await keyFor('events:read'))).toEqual([]);
    expect(await ask(await keyFor('account:read'))).toEqual(['FORBIDDEN SCOPE']);
  });
});

describe('authEvents', () => {
  it('are for administrators: a moderator is refused', async () => {
    const grant = await signup(server);
    expect((await all({}, { token: grant.accessToken })).codes).toEqual(['FORBIDDEN ROLE']);
    await mutate(`setUserRole(input: { userId: "${grant.user.id}", role: MODERATOR }) { id }`, admin.accessToken);
    const moderator: Grant = (await refresh(server, grant.refreshToken)).data.refresh;
    expect((await all({}, { token: moderator.accessToken })).codes).toEqual(['FORBIDDEN ROLE']);
    expect((await all({}, { token: admin.accessToken })).codes).toEqual([]);
  });

  it('page through everything, each event once, also while others happen', async () => {
    const { user } = await liveThrough(newEmail());
    const seen: Event[] = [];
    let after: string | null = null;
    do {
      const page = await all({ userId: user.id }, { first: 3, after });
      seen.push(...page.events);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      await login(server, user.email, 'wrong');
    } while (after);
    expect(typesOf(seen).reverse()).toEqual(lived);
  });

  it('are filtered by type, account, outcome, address and time', async () => {
    const { user } = await liveThrough(newEmail());
    const failed = await all({ userId: user.id, outcome: 'FAILURE' });
    expect(failed.events.map(({ reason }) => reason)).toEqual(['CURRENT_PASSWORD_WRONG', 'PASSWORD_WRONG']);
    const some = await all({ userId: user.id, types: ['api_key.created', 'user.signed_up'] });
    expect(typesOf(some.events)).toEqual(['api_key.created', 'user.signed_up']);
    expect(metadataOf(some.events[0])).toMatchObject({ name: 'k', keyId: expect.any(String) });
    expect((await all({ ip: '203.0.113.1' })).events).toEqual([]);
    expect((await all({ userId: user.id, ip: failed.events[0]?.ip })).events).toHaveLength(lived.length);
    expect((await all({ userId: user.id, until: '2020-01-01T00:00:00Z' })).events).toEqual([]);
    expect((await all({ userId: user.id, since: '2020-01-01T00:00:00Z' })).events).toHaveLength(lived.length);
    expect((await all({ userId: 'nobody' })).events).toEqual([]);
  });

  it.each([
    ['authEvents(first: 0)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['authEvents(first: 101)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['securityEvents(first: 101)', 'BAD_USER_INPUT OUT_OF_RANGE'],
    ['securityEvents(after: "x")', 'BAD_USER_INPUT CURSOR_INVALID'],
    ['authEvents(filter: { types: ["user.login_faild"] })', 'BAD_USER_INPUT EVENT_TYPE_UNKNOWN'],
    ['authEvents(filter: { types: ["constructor"] })', 'BAD_USER_INPUT EVENT_TYPE_UNKNOWN'],
  ])('%s is %s', async (field, code) => {
    expect((await server.gql(`{ ${field} { pageInfo { hasNextPage } } }`, { token: admin.accessToken })).codes).toEqual(
      [code],
    );
  });

  it('an email that is nobody’s is not written down', async () => {
    await login(server, 'somebody.else@example.org', goodPassword);
    const [event] = (await all({ types: ['user.login_failed'] })).events;
    expect(event).toMatchObject({ reason: 'EMAIL_UNKNOWN', userId: null, actor: { kind: 'anonymous' } });
    expect(JSON.stringify(server.logLines())).not.toContain('somebody.else');
  });
});
