import { afterAll, beforeAll, expect, test } from 'vitest';
import { inputFor, loginByCookie, refreshByCookie, signedUp } from '../support/cookie-jar.ts';
import { openServer, type TestServer } from '../support/server.ts';

const me = '{ me { email } }';

let server: TestServer;
beforeAll(async () => {
  server = await openServer({}, {});
});
afterAll(() => server.stop());

/** The answer to what a tab sent with the cookies of that moment, still on its way: `arrive` is when the browser reads its headers. */
const sendFromTab = async (jar: Awaited<ReturnType<typeof signedUp>>['jar'], query: string) => {
  const tab = jar.copy();
  const before = new Map(tab.kept);
  const answer = await tab.gql(query);
  const arrive = (): void => {
    for (const name of before.keys()) if (!tab.kept.has(name)) jar.kept.delete(name);
  };
  return { answer, arrive };
};

test.each([
  ['was ended', 'mutation { logout(input: { scope: ALL }) { endedSessions } }', 0],
  ['expired', null, 31 * 86_400_000],
])(
  'R05: a refusal that comes late, of a session that %s, leaves the cookies of a newer sign-in alone',
  async (_, end, ms) => {
    const { jar, email } = await signedUp(server);
    if (end !== null) await jar.copy().gql(end);
    server.advance(ms);
    const late = await sendFromTab(jar, refreshByCookie);
    expect(late.answer.codes).toEqual(['REFRESH_TOKEN_INVALID']);
    await jar.gql(loginByCookie, { variables: inputFor(email) });
    late.arrive();
    expect((await jar.gql(me)).data.me).toEqual({ email });
    expect((await jar.gql(refreshByCookie)).codes).toEqual([]);
  },
);

test('nothing but logout and a sign-in sets or removes cookies of a dead session', async () => {
  const { jar, email } = await signedUp(server);
  await jar.copy().gql('mutation { logout { endedSessions } }');
  for (const query of [
    me,
    '{ viewer { kind } }',
    '{ hello }',
    refreshByCookie,
    'mutation { refresh { user { id } } }',
  ]) {
    expect((await jar.gql(query)).headers.getSetCookie(), query).toEqual([]);
  }
  expect((await jar.gql(loginByCookie, { variables: inputFor(email) })).headers.getSetCookie()).toHaveLength(2);
  expect((await jar.gql(me)).data.me).toEqual({ email });
});

test('logout removes cookies of a dead session too, and only if they were sent', async () => {
  const { jar } = await signedUp(server);
  await jar.copy().gql('mutation { logout { endedSessions } }');
  const without = jar.copy();
  without.kept.clear();
  expect((await without.gql('mutation { logout { endedSessions } }')).headers.getSetCookie()).toEqual([]);
  const answer = await jar.gql('mutation { logout { endedSessions } }');
  expect([answer.data.logout.endedSessions, jar.kept.size]).toEqual([0, 0]);
});
