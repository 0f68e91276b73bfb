import { randomUUID } from 'node:crypto';
import { clientId, sessionId, userId } from '@fieldgate/guard';
import { describe, expect, it } from 'vitest';
import { createRefreshToken } from '../../../src/crypto/refresh-token.ts';
import { toSeconds } from '../../../src/domain/clock.ts';
import type { IssuedTokens } from '../../../src/services/sessions.ts';
import { allOf } from '../../support/pages.ts';
import {
  accountServices,
  admin,
  browser,
  day,
  failure,
  goodPassword,
  lifetimes,
  minute,
  otherPassword,
} from './account-services.ts';

const { open } = accountServices();
const phone = { ip: '198.51.100.7', userAgent: 'Phone' };
const noTokens = { accessToken: null, refreshToken: null };

/** Services with an account that has signed in on as many devices. */
const signedIn = async (devices = 1) => {
  const services = open();
  const user = await services.createAccount();
  const logins: IssuedTokens[] = [];
  for (let i = 0; i < devices; i += 1) logins.push(await services.login());
  const [ada, ...others] = logins;
  if (!ada) throw new Error('There is no login.');
  const refresh = ({ refreshToken }: Pick<IssuedTokens, 'refreshToken'>) =>
    services.sessions.refresh(refreshToken, browser);
  return { ...services, user, ada, others, logins, refresh };
};

describe('signing in', () => {
  it('signing up creates the account and its first session, whose tokens work', async () => {
    const { sessions, request, types } = open();
    const issued = await sessions.signup({ email: 'ada@example.com', password: goodPassword }, browser);
    expect(issued.user.email).toBe('ada@example.com');
    expect(await request(issued)).toBe('accepted');
    expect(types()).toEqual(['user.signed_up', 'user.login_succeeded']);
  });

  it('R24: every login starts a new session, listed newest first with where it came from', async () => {
    const { sessions, createAccount, last, advance } = open();
    const { id } = await createAccount();
    const first = await sessions.login('ada@example.com', goodPassword, browser);
    advance(1);
    const second = await sessions.login('ada@example.com', goodPassword, phone);
    expect(await allOf(sessions, id)).toEqual([second.session, first.session]);
    expect(second.session).toMatchObject({ userId: id, ...phone });
    const about = { userId: id, sessionId: second.session.id, metadata: { method: 'password' } };
    expect(last()).toMatchObject({ type: 'user.login_succeeded', ...about });
  });

  it('the access token says the account, the session and the role, and lives as long as it says', async () => {
    const { ada, user, accessTokens, request, advance } = await signedIn();
    const verification = accessTokens.verify(ada.accessToken, Date.UTC(2026, 0, 1));
    const claims = { kind: 'account', userId: user.id, sessionId: ada.session.id, role: 'USER' };
    expect(verification).toMatchObject({ kind: 'valid', claims });
    advance((ada.expiresInSeconds + 5) * 1000);
    expect(await request(ada)).toBe('TOKEN_EXPIRED');
  });
});

describe('a login in flight', () => {
  /** Logs in, and changes the account after it was read and before the session starts. */
  const loginDuring = async (
    change: (services: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>,
    times = 1,
  ) => {
    const services = await signedIn();
    let changes = 0;
    services.hashing.during = async () => {
      if (changes >= times) return;
      changes += 1;
      await change(services);
    };
    const login = services.login();
    const outcome = await login.then(
      (issued) => issued,
      () => null,
    );
    return { ...services, outcome, reason: outcome === null ? await failure(login) : null };
  };

  it('R15: does not start a session with a password that was changed meanwhile', async () => {
    const { reason, sessions, user } = await loginDuring(({ accountStore, user: { id } }) =>
      accountStore.change(id, () => ({ passwordHash: `new:${otherPassword}` })),
    );
    expect(reason).toBe('INVALID_CREDENTIALS');
    expect(await allOf(sessions, user.id)).toEqual([]);
  });

  it('R16: does not start a session of an account that was disabled meanwhile', async () => {
    const { reason, accounts, sessions, user } = await loginDuring((services) =>
      services.accounts.disable(services.user.id, admin),
    );
    expect(reason).toBe('INVALID_CREDENTIALS');
    await accounts.enable(user.id, admin);
    expect(await allOf(sessions, user.id)).toEqual([]);
  });

  it('R18: starts with the role that the account got meanwhile', async () => {
    const { outcome, request } = await loginDuring(({ accounts, user: { id } }) =>
      accounts.setRole(id, 'MODERATOR', admin),
    );
    expect(outcome?.user).toMatchObject({ role: 'MODERATOR', version: 2 });
    expect(outcome && (await request(outcome))).toBe('accepted');
  });

  it('is rejected if the account changes a second time', async () => {
    const { reason } = await loginDuring(
      ({ accountStore, user: { id } }) =>
        accountStore.change(id, ({ user }) => ({ role: user.role === 'MODERATOR' ? 'USER' : 'MODERATOR' })),
      2,
    );
    expect(reason).toBe('INVALID_CREDENTIALS');
  });
});

describe('refreshing', () => {
  it('R01: spends the token for a new pair, which works and goes on', async () => {
    const { ada, refresh, request, last } = await signedIn();
    const second = await refresh(ada);
    expect(second.refreshToken).not.toBe(ada.refreshToken);
    expect(await request(second)).toBe('accepted');
    expect(last()).toMatchObject({ type: 'token.refreshed', sessionId: ada.session.id });
    await refresh(await refresh(second));
  });

  it('a token that was just spent returns the same successor, with a fresh access token', async () => {
    const { ada, refresh, request, advance, last } = await signedIn();
    const lost = await refresh(ada);
    advance(lifetimes.reuseWindowMs - 1);
    const again = await refresh(ada);
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(again.accessToken).not.toBe(lost.accessToken);
    expect(await request(again)).toBe('accepted');
    expect(last()).toMatchObject({ type: 'token.replayed', sessionId: ada.session.id });
    await refresh(again);
  });

  it('R03: of 20 simultaneous uses of one token one rotates, and all return its successor', async () => {
    const { ada, refresh, types } = await signedIn();
    const issued = await Promise.all(Array.from({ length: 20 }, () => refresh(ada)));
    expect(new Set(issued.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect(types().filter((type) => type === 'token.refreshed')).toHaveLength(1);
  });

  it('R02: a spent token after its window ends the session and its access tokens, and no other session', async () => {
    const { ada, others, refresh, request, advance, last } = await signedIn(2);
    const second = await refresh(ada);
    advance(lifetimes.reuseWindowMs);
    expect(await failure(refresh(ada))).toBe('REFRESH_TOKEN_INVALID');
    const about = { actor: { kind: 'anonymous' }, sessionId: ada.session.id };
    expect(last()).toMatchObject({ type: 'token.reuse_detected', ...about });
    expect(await Promise.all([ada, second].map(request))).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
    expect(await failure(refresh(second))).toBe('REFRESH_TOKEN_INVALID');
    expect(await Promise.all(others.map(request))).toEqual(['accepted']);
  });

  it('R05: a spent token within its window ends the session if its successor was used', async () => {
    const { ada, refresh, request } = await signedIn();
    const second = await refresh(ada);
    const third = await refresh(second);
    expect(await failure(refresh(ada))).toBe('REFRESH_TOKEN_INVALID');
    expect(await request(third)).toBe('TOKEN_REVOKED');
  });

  it('a token that was never ours ends nothing and records nothing', async () => {
    const { ada, user, refresh, request, types } = await signedIn();
    const before = types();
    const forged = [
      ...['', 'fgr_', ada.accessToken, `${ada.refreshToken}A`],
      createRefreshToken(user.id, ada.session.id).token,
      createRefreshToken(user.id, sessionId(randomUUID())).token,
      createRefreshToken(userId(randomUUID()), ada.session.id).token,
    ];
    const outcomes = await Promise.all(forged.map((refreshToken) => failure(refresh({ refreshToken }))));
    expect(new Set(outcomes)).toEqual(new Set(['REFRESH_TOKEN_INVALID']));
    expect([await request(ada), types()]).toEqual(['accepted', before]);
    await refresh(ada);
  });

  it('R08: a session that is not refreshed ends at its idle limit', async () => {
    const { ada, refresh, sessions, user, advance } = await signedIn(2);
    advance(lifetimes.idleMs - 1);
    const second = await refresh(ada);
    advance(1);
    expect((await allOf(sessions, user.id)).map(({ id }) => id)).toEqual([ada.session.id]);
    advance(lifetimes.idleMs - 1);
    expect(await failure(refresh(second))).toBe('REFRESH_TOKEN_INVALID');
  });

  it('R07: a session ends at its absolute age, however often it is refreshed', async () => {
    const { ada, refresh, advance } = await signedIn();
    let latest = ada;
    for (let age = 0; age < 80; age += 20) {
      advance(20 * day);
      latest = await refresh(latest);
    }
    expect(latest.session.expiresAt).toBe(ada.session.createdAt + lifetimes.absoluteMs);
    advance(10 * day);
    expect(await failure(refresh(latest))).toBe('REFRESH_TOKEN_INVALID');
  });

  it('R18: carries the new role after a role change, which makes older access tokens stale and signs nobody out', async () => {
    const { ada, user, accounts, refresh, request, uses } = await signedIn();
    await accounts.setRole(user.id, 'MODERATOR', admin);
    expect(await request(ada)).toBe('TOKEN_STALE');
    const second = await refresh(ada);
    expect([second.user.role, await request(second)]).toEqual(['MODERATOR', 'accepted']);
    // For stores that keep a copy of the account and missed the change.
    expect(uses).toMatchObject([{ version: 2, role: 'MODERATOR' }]);
  });

  it('R16: is not possible for a disabled account, nor with an older token after it was enabled again', async () => {
    const { ada, user, accounts, refresh, request, uses } = await signedIn();
    await accounts.disable(user.id, admin);
    expect([await failure(refresh(ada)), uses]).toEqual(['REFRESH_TOKEN_INVALID', []]);
    await accounts.enable(user.id, admin);
    expect([await failure(refresh(ada)), await request(ada)]).toEqual(['REFRESH_TOKEN_INVALID', 'TOKEN_REVOKED']);
  });
});

describe('logging out', () => {
  type Case = (services: Awaited<ReturnType<typeof signedIn>>) => Promise<Partial<typeof noTokens>> | object;

  it.each<[string, Case]>([
    ['the access token', ({ ada }) => ({ accessToken: ada.accessToken })],
    [
      'an expired access token',
      ({ ada, advance }) => {
        advance(day);
        return { accessToken: ada.accessToken };
      },
    ],
    ['the refresh token', ({ ada }) => ({ refreshToken: ada.refreshToken })],
    [
      'a spent refresh token',
      async ({ ada, refresh, advance }) => {
        await refresh(ada);
        advance(minute);
        return { refreshToken: ada.refreshToken };
      },
    ],
    ['both tokens', ({ ada }) => ({ accessToken: ada.accessToken, refreshToken: ada.refreshToken })],
  ])(
    'R12: %s is enough to end its session at once, and no other; a second logout ends nothing',
    async (_what, prove) => {
      const services = await signedIn(2);
      const { sessions, ada, others, user, request, types } = services;
      const tokens = { ...noTokens, ...(await prove(services)) };
      expect(await sessions.logout(tokens, 'CURRENT', browser)).toBe(1);
      expect(await request(ada)).not.toBe('accepted');
      expect(await allOf(sessions, user.id)).toEqual(others.map(({ session }) => session));
      expect(await sessions.logout(tokens, 'CURRENT', browser)).toBe(0);
      expect(types().filter((type) => type === 'user.logged_out')).toHaveLength(1);
    },
  );

  it.each([
    ['CURRENT', ['TOKEN_REVOKED', 'accepted', 'accepted'], 1],
    ['OTHERS', ['accepted', 'TOKEN_REVOKED', 'TOKEN_REVOKED'], 2],
    ['ALL', ['TOKEN_REVOKED', 'TOKEN_REVOKED', 'TOKEN_REVOKED'], 3],
  ] as const)(
    'R13: of three sessions %s leaves %j, and none of another account ends',
    async (scope, outcomes, count) => {
      const { sessions, ada, logins, request, createAccount, login, last } = await signedIn(3);
      await createAccount('eve@example.com');
      const eve = await login(goodPassword, 'eve@example.com');
      expect(await sessions.logout({ ...noTokens, accessToken: ada.accessToken }, scope, browser)).toBe(count);
      expect(await Promise.all(logins.map(request))).toEqual(outcomes);
      expect(await request(eve)).toBe('accepted');
      const about = { sessionId: ada.session.id, metadata: { scope, endedSessions: count } };
      expect(last()).toMatchObject({ type: 'user.logged_out', ...about });
    },
  );

  it('the tokens of an ended session have no say over the others', async () => {
    const { sessions, ada, others, request } = await signedIn(2);
    const tokens = { accessToken: ada.accessToken, refreshToken: ada.refreshToken };
    await sessions.logout(tokens, 'CURRENT', browser);
    for (const scope of ['OTHERS', 'ALL'] as const) expect(await sessions.logout(tokens, scope, browser)).toBe(0);
    expect(await Promise.all(others.map(request))).toEqual(['accepted']);
  });

  it('tokens that name no session of ours end nothing, which is no error', async () => {
    const { sessions, ada, user, accessTokens, request } = await signedIn();
    const now = toSeconds(Date.UTC(2026, 0, 1));
    const service = await accessTokens.issueToService({ clientId: clientId('backup'), scopes: [], now });
    const forged = createRefreshToken(user.id, ada.session.id).token;
    for (const tokens of [
      noTokens,
      { accessToken: 'nonsense', refreshToken: 'nonsense' },
      { accessToken: `${ada.accessToken.slice(0, -4)}AAAA`, refreshToken: forged },
      { accessToken: service.token, refreshToken: null },
    ]) {
      expect(await sessions.logout(tokens, 'ALL', browser)).toBe(0);
    }
    expect(await request(ada)).toBe('accepted');
  });
});

describe('changing the password', () => {
  const change = { currentPassword: goodPassword, newPassword: otherPassword };

  it('R15: ends the other sessions at once, and this one goes on with a new refresh token', async () => {
    const { sessions, ada, others, user, refresh, request } = await signedIn(3);
    const issued = await sessions.changePassword({ id: user.id, sessionId: ada.session.id }, change, browser);
    expect(await Promise.all(others.map(request))).toEqual(['TOKEN_REVOKED', 'TOKEN_REVOKED']);
    expect(await Promise.all(others.map((other) => failure(refresh(other))))).toEqual([
      'REFRESH_TOKEN_INVALID',
      'REFRESH_TOKEN_INVALID',
    ]);
    expect(issued.session.id).toBe(ada.session.id);
    expect(await failure(refresh(ada))).toBe('REFRESH_TOKEN_INVALID');
    expect(await request(await refresh(issued))).toBe('accepted');
  });

  it('P09: ends nothing if the current password is wrong', async () => {
    const { sessions, ada, logins, user, request } = await signedIn(2);
    const caller = { id: user.id, sessionId: ada.session.id };
    const wrong = { ...change, currentPassword: 'wrong' };
    expect(await failure(sessions.changePassword(caller, wrong, browser))).toBe('INVALID_CREDENTIALS currentPassword');
    expect(await Promise.all(logins.map(request))).toEqual(['accepted', 'accepted']);
  });

  it('signs the caller out if their session ended meanwhile, and the password is changed all the same', async () => {
    const { sessions, ada, user, login, hashing } = await signedIn();
    hashing.during = async () => void (await sessions.revoke(user.id, ada.session.id, admin));
    const caller = { id: user.id, sessionId: ada.session.id };
    expect(await failure(sessions.changePassword(caller, change, browser))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    hashing.during = async () => {};
    await login(otherPassword);
  });
});

describe('revoking', () => {
  it('R14: the owner ends one session at once; one that is ended, malformed or of another account is NOT_FOUND', async () => {
    const { sessions, ada, others, user, request, createAccount, login, last } = await signedIn(2);
    await createAccount('eve@example.com');
    const eve = await login(goodPassword, 'eve@example.com');
    expect(await sessions.revoke(user.id, ada.session.id, admin)).toBe(ada.session.id);
    expect(last()).toMatchObject({ type: 'session.revoked', userId: user.id, sessionId: ada.session.id });
    for (const id of [ada.session.id, eve.session.id, randomUUID(), 'ada', '']) {
      expect(await failure(sessions.revoke(user.id, id, admin))).toBe('NOT_FOUND');
    }
    expect(await Promise.all([ada, ...others, eve].map(request))).toEqual(['TOKEN_REVOKED', 'accepted', 'accepted']);
  });

  it('R17: an administrator ends every session of an account, which is recorded with their number', async () => {
    const { sessions, logins, user, request, last, types } = await signedIn(3);
    expect(await sessions.revokeAll(user.id, admin)).toBe(3);
    expect(await Promise.all(logins.map(request))).toEqual(Array(3).fill('TOKEN_REVOKED'));
    expect(last()).toMatchObject({ type: 'session.revoked', userId: user.id, metadata: { endedSessions: 3 } });
    const before = types();
    expect(await sessions.revokeAll(user.id, admin)).toBe(0);
    expect(types()).toEqual(before);
    expect(await failure(sessions.revokeAll(randomUUID(), admin))).toBe('NOT_FOUND');
  });
});
