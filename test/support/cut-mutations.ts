import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { clientId } from '@fieldgate/guard';
import { expect } from 'vitest';
import { digestOfEmail } from '../../src/crypto/email-digest.ts';
import { createLoginCode } from '../../src/crypto/login-code.ts';
import { type Actor, serverActor } from '../../src/domain/event.ts';
import { type IdentityId, identityId } from '../../src/domain/ids.ts';
import type { User } from '../../src/domain/user.ts';
import type { IssuedTokens } from '../../src/services/sessions.ts';
import { browser, type CutServices, outcomeOf } from './cut-services.ts';
import { onePage } from './pages.ts';

/**
 * A mutation that is cut off from its stores. `prepare` and `verify` use the services of another process, which reaches everything;
 * `verify` runs when the next start, or another instance, has had its turn. `outcome` is what the caller got.
 */
export type Mutation<State> = {
  readonly name: string;
  readonly prepare: (services: CutServices) => Promise<State>;
  readonly mutate: (services: CutServices, state: State) => Promise<unknown>;
  readonly verify: (services: CutServices, state: State, outcome: string) => Promise<void>;
};

const mutation = <State>(given: Mutation<State>): Mutation<unknown> => ({
  ...given,
  // Unchecked cast: the state comes from this mutation's own `prepare`.
  mutate: (services, state) => given.mutate(services, state as State),
  verify: (services, state, outcome) => given.verify(services, state as State, outcome),
});

export const [oldPassword, newPassword] = ['a quiet lamp over nine stairs', 'another lamp over seven stairs'];
const admin: Actor = { ...serverActor, kind: 'account', id: 'admin' };

type Ada = { readonly email: string; readonly user: User; readonly own: IssuedTokens; readonly other: IssuedTokens };

const signUp = async (services: CutServices): Promise<Ada> => {
  const email = `${randomUUID()}@example.com`;
  const own = await services.sessions.signup({ email, password: oldPassword }, browser);
  const other = await services.sessions.login(email, oldPassword, browser);
  return { email, user: own.user, own, other };
};

const login = ({ sessions }: CutServices, { email }: Pick<Ada, 'email'>, password = oldPassword): Promise<string> =>
  outcomeOf(sessions.login(email, password, browser));
const refresh = ({ sessions }: CutServices, { refreshToken }: IssuedTokens): Promise<string> =>
  outcomeOf(sessions.refresh(refreshToken, browser));
const check = async ({ ports }: CutServices, { user, session }: IssuedTokens): Promise<string> => {
  const status = await ports.sessions.check(user.id, session.id);
  return status.kind === 'live' ? status.role : status.kind;
};

const expectEnded = async (services: CutServices, ...issued: readonly IssuedTokens[]): Promise<void> => {
  for (const tokens of issued) {
    expect(await check(services, tokens)).toBe('ended');
    expect(await refresh(services, tokens)).toBe('REFRESH_TOKEN_INVALID');
    expect(await check(services, tokens)).toBe('ended');
  }
};

const changePassword = ({ sessions }: CutServices, { user, own }: Ada) =>
  sessions.changePassword(
    { id: user.id, sessionId: own.session.id },
    { currentPassword: oldPassword, newPassword },
    browser,
  );

const passwords = mutation<Ada>({
  name: 'changePassword',
  prepare: signUp,
  mutate: changePassword,
  verify: async (services, ada, outcome) => {
    const isInForce = (await login(services, ada, newPassword)) === 'done';
    expect(await login(services, ada)).toBe(isInForce ? 'INVALID_CREDENTIALS' : 'done');
    if (outcome === 'done') expect(isInForce).toBe(true);
    if (!isInForce) {
      // Nothing happened: the retry does it.
      expect([await check(services, ada.own), await check(services, ada.other)]).toEqual(['USER', 'USER']);
      expect(await outcomeOf(changePassword(services, ada))).toBe('done');
    }
    await expectEnded(services, ada.other);
    // Whatever its client has of it, the present session's earlier refresh token is worth nothing.
    expect(await refresh(services, ada.own)).toBe('REFRESH_TOKEN_INVALID');
    expect(await login(services, ada)).toBe('INVALID_CREDENTIALS');
    expect(await login(services, ada, newPassword)).toBe('done');
  },
});

const disabling = mutation<Ada>({
  name: 'disableUser, tried again',
  prepare: signUp,
  mutate: ({ accounts }, { user }) => accounts.disable(user.id, admin),
  verify: async (services, ada) => {
    await services.accounts.disable(ada.user.id, admin);
    await expectEnded(services, ada.own, ada.other);
    expect(await login(services, ada)).toBe('INVALID_CREDENTIALS');
    await services.accounts.enable(ada.user.id, admin);
    await expectEnded(services, ada.own, ada.other);
    expect(await login(services, ada)).toBe('done');
  },
});

const halfDisabling = mutation<Ada>({
  name: 'disableUser, and enableUser instead of a retry',
  prepare: signUp,
  mutate: ({ accounts }, { user }) => accounts.disable(user.id, admin),
  verify: async (services, ada, outcome) => {
    const wasDisabled = (await login(services, ada)) !== 'done';
    if (outcome === 'done') expect(wasDisabled).toBe(true);
    if (wasDisabled) await expectEnded(services, ada.own);
    await services.accounts.enable(ada.user.id, admin);
    if (wasDisabled) await expectEnded(services, ada.own, ada.other);
    else expect(await check(services, ada.own)).toBe('USER');
    expect(await login(services, ada)).toBe('done');
  },
});

const enabling = mutation<Ada>({
  name: 'enableUser',
  prepare: async (services) => {
    const ada = await signUp(services);
    await services.accounts.disable(ada.user.id, admin);
    return ada;
  },
  mutate: ({ accounts }, { user }) => accounts.enable(user.id, admin),
  verify: async (services, ada) => {
    await services.accounts.enable(ada.user.id, admin);
    await expectEnded(services, ada.own, ada.other);
    const again = await services.sessions.login(ada.email, oldPassword, browser);
    expect(await check(services, again)).toBe('USER');
  },
});

const roles = mutation<Ada>({
  name: 'setUserRole',
  prepare: signUp,
  mutate: ({ accounts }, { user }) => accounts.setRole(user.id, 'MODERATOR', admin),
  verify: async (services, ada, outcome) => {
    const role = (await services.accounts.find(ada.user.id))?.role ?? 'none';
    if (outcome === 'done') expect(role).toBe('MODERATOR');
    // Without a retry: in force everywhere or nowhere.
    expect([await check(services, ada.own), await check(services, ada.other)]).toEqual([role, role]);
    await services.accounts.setRole(ada.user.id, 'MODERATOR', admin);
    expect([await check(services, ada.own), await check(services, ada.other)]).toEqual(['MODERATOR', 'MODERATOR']);
    expect(await refresh(services, ada.own)).toBe('done');
  },
});

const logout = (scope: 'CURRENT' | 'OTHERS' | 'ALL') =>
  mutation<Ada>({
    name: `logout ${scope}`,
    prepare: signUp,
    mutate: ({ sessions }, { own }) => sessions.logout(own, scope, browser),
    verify: async (services, { own, other }, outcome) => {
      const ended = { CURRENT: [own], OTHERS: [other], ALL: [own, other] }[scope];
      if (outcome !== 'done') await services.sessions.logout(own, scope, browser);
      await expectEnded(services, ...ended);
      for (const tokens of [own, other].filter((one) => !ended.includes(one))) {
        expect(await check(services, tokens)).toBe('USER');
      }
    },
  });

const revoking = mutation<Ada>({
  name: 'revokeSession',
  prepare: signUp,
  mutate: ({ sessions }, { user, other }) => sessions.revoke(user.id, other.session.id, admin),
  verify: async (services, { user, own, other }, outcome) => {
    if (outcome !== 'done') await outcomeOf(services.sessions.revoke(user.id, other.session.id, admin));
    await expectEnded(services, other);
    expect(await check(services, own)).toBe('USER');
  },
});

const revokingAll = mutation<Ada>({
  name: 'revokeUserSessions',
  prepare: signUp,
  mutate: ({ sessions }, { user }) => sessions.revokeAll(user.id, admin),
  verify: async (services, { user, own, other }, outcome) => {
    if (outcome !== 'done') await services.sessions.revokeAll(user.id, admin);
    await expectEnded(services, own, other);
  },
});

const refreshing = mutation<Ada>({
  name: 'refresh',
  prepare: signUp,
  mutate: ({ sessions }, { own }) => sessions.refresh(own.refreshToken, browser),
  verify: async (services, { own, other }) => {
    const again = await services.sessions.refresh(own.refreshToken, browser);
    expect([await check(services, again), await refresh(services, again)]).toEqual(['USER', 'done']);
    expect(await check(services, other)).toBe('USER');
  },
});

const reusing = mutation<Ada>({
  name: 'refresh with a spent token',
  prepare: async (services) => {
    const ada = await signUp(services);
    const next = await services.sessions.refresh(ada.own.refreshToken, browser);
    await services.sessions.refresh(next.refreshToken, browser);
    return ada;
  },
  mutate: ({ sessions }, { own }) => sessions.refresh(own.refreshToken, browser),
  verify: async (services, { own, other }, outcome) => {
    expect(['REFRESH_TOKEN_INVALID', 'SERVICE_UNAVAILABLE']).toContain(outcome);
    if (outcome !== 'REFRESH_TOKEN_INVALID') await refresh(services, own);
    await expectEnded(services, own);
    expect(await check(services, other)).toBe('USER');
  },
});

const signingUp = mutation<{ readonly email: string }>({
  name: 'signup',
  prepare: async () => ({ email: `${randomUUID()}@example.com` }),
  mutate: ({ sessions }, { email }) => sessions.signup({ email, password: oldPassword }, browser),
  verify: async (services, { email }, outcome) => {
    const again = await outcomeOf(services.sessions.signup({ email, password: oldPassword }, browser));
    // Where only the answer was lost, there is a session, and the account is as good as any.
    if (outcome === 'done') expect(again).toBe('EMAIL_TAKEN');
    expect(['done', 'EMAIL_TAKEN']).toContain(again);
    if (again === 'EMAIL_TAKEN') {
      const { id } = (await services.accounts.findByEmail(email)) ?? {};
      expect(id && (await (await services.sessions.list(id, onePage)).items)).toHaveLength(1);
    }
    expect(await outcomeOf(services.sessions.signup({ email, password: newPassword }, browser))).toBe('EMAIL_TAKEN');
    expect(await login(services, { email })).toBe('done');
  },
});

const loggingIn = mutation<Ada>({
  name: 'login',
  prepare: signUp,
  mutate: ({ sessions }, { email }) => sessions.login(email, oldPassword, browser),
  verify: async (services, ada) => {
    expect(await login(services, ada)).toBe('done');
    expect([await check(services, ada.own), await check(services, ada.other)]).toEqual(['USER', 'USER']);
  },
});

const guessing = mutation<Ada>({
  name: 'login with a wrong password',
  prepare: signUp,
  mutate: ({ sessions }, { email }) => sessions.login(email, 'a wrong guess', browser),
  verify: async (services, ada, outcome) => {
    expect(['INVALID_CREDENTIALS', 'SERVICE_UNAVAILABLE']).toContain(outcome);
    const { failedAt, pending } = await services.ports.loginAttempts.find(digestOfEmail(ada.email));
    // A guess that was looked at holds its place, as a failure or until the check must be over.
    if (outcome === 'INVALID_CREDENTIALS') expect(failedAt.length + pending.length).toBe(1);
    expect(await login(services, ada)).toBe('done');
  },
});

const keys = mutation<Ada & { readonly keyId: string; readonly secret: string }>({
  name: 'revokeApiKey',
  prepare: async (services) => {
    const ada = await signUp(services);
    const { apiKey, secret } = await services.apiKeys.create(ada.user.id, { name: 'till', scopes: [] }, admin);
    return { ...ada, keyId: apiKey.id, secret };
  },
  mutate: ({ apiKeys }, { user, keyId }) => apiKeys.revoke(user.id, keyId, admin),
  verify: async (services, { user, keyId, secret }, outcome) => {
    if (outcome !== 'done') await services.apiKeys.revoke(user.id, keyId, admin);
    expect(await services.apiKeys.verify(secret)).toMatchObject({ kind: 'invalid', reason: 'TOKEN_REVOKED' });
  },
});

const secrets = mutation<{ readonly id: string; readonly secret: string }>({
  name: 'rotateServiceClientSecret',
  prepare: async ({ serviceClients }) => {
    const { client, secret } = await serviceClients.create({ name: 'till', scopes: [] }, admin);
    return { id: client.id, secret };
  },
  mutate: ({ serviceClients }, { id }) => serviceClients.rotateSecret(id, admin),
  verify: async ({ serviceClients }, { id, secret }, outcome) => {
    const works = async (by: string) =>
      (await serviceClients.authenticate({ id, secret: by }, browser, async () => null)) !== null;
    if (outcome === 'done') return expect(await works(secret)).toBe(true);
    const again = await serviceClients.rotateSecret(id, admin);
    expect([await works(secret), await works(again.secret)]).toEqual([true, true]);
  },
});

const services = mutation<{ readonly id: string }>({
  name: 'disableServiceClient',
  prepare: async ({ serviceClients }) => {
    const { client } = await serviceClients.create({ name: 'till', scopes: [] }, admin);
    return { id: client.id };
  },
  mutate: ({ serviceClients }, { id }) => serviceClients.disable(id, admin),
  verify: async ({ serviceClients, ports }, { id }, outcome) => {
    if (outcome !== 'done') await serviceClients.disable(id, admin);
    expect(await ports.serviceClients.check(clientId(id), 'token')).toBe(false);
  },
});

type AtProvider = { readonly subject: string; readonly email: string };

/** What a page has after a sign-in at a provider. */
const signInAtProvider = async ({ ports }: CutServices, { subject, email }: AtProvider) => {
  const { code, digest } = createLoginCode();
  const codeVerifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const identity = { provider: 'google', issuer: 'https://provider.example', subject, email, name: '' };
  await ports.identityFlows.putCode({
    ...{ digest, challenge, identity: { ...identity, emailVerified: true } },
    expiresAt: Date.now() + 60_000,
  });
  return { code, codeVerifier };
};

const newcomer = { client: browser, countSignup: async () => null };

const newAtProvider = (): AtProvider => ({ subject: randomUUID(), email: `${randomUUID()}@example.com` });

const providerLogin = mutation<AtProvider>({
  name: 'loginWithProvider',
  prepare: async () => newAtProvider(),
  mutate: async (services, at) => services.identities.login(await signInAtProvider(services, at), newcomer),
  verify: async (services, at) => {
    const again = await services.identities.login(await signInAtProvider(services, at), newcomer);
    expect(again.user.email).toBe(at.email);
    expect((await services.identities.list(again.user.id, onePage)).items).toHaveLength(1);
    expect(await check(services, again)).toBe('USER');
  },
});

const linking = mutation<Ada & AtProvider>({
  name: 'linkIdentity',
  prepare: async (services) => ({ ...newAtProvider(), ...(await signUp(services)) }),
  mutate: async (services, state) =>
    services.identities.link(state.user, await signInAtProvider(services, state), browser),
  verify: async (services, state, outcome) => {
    if (outcome !== 'done') {
      await services.identities.link(state.user, await signInAtProvider(services, state), browser);
    }
    expect((await services.identities.list(state.user.id, onePage)).items).toHaveLength(1);
  },
});

const unlinking = mutation<Ada & { readonly linked: IdentityId }>({
  name: 'unlinkIdentity',
  prepare: async (services) => {
    const ada = await signUp(services);
    const at = await signInAtProvider(services, newAtProvider());
    const { id } = await services.identities.link(ada.user, at, browser);
    return { ...ada, linked: identityId(id) };
  },
  mutate: ({ identities }, { user, linked }) => identities.unlink(user.id, linked, browser),
  verify: async ({ identities }, { user, linked }, outcome) => {
    if (outcome !== 'done') await outcomeOf(identities.unlink(user.id, linked, browser));
    expect((await identities.list(user.id, onePage)).items).toEqual([]);
  },
});

const unlocking = mutation<Ada>({
  name: 'unlockUser',
  prepare: async (services) => {
    const ada = await signUp(services);
    for (let guess = 0; guess < 5; guess += 1) await login(services, ada, 'a wrong guess');
    return ada;
  },
  mutate: ({ accounts }, { user }) => accounts.unlock(user.id, admin),
  verify: async (services, ada, outcome) => {
    if (outcome !== 'done') await services.accounts.unlock(ada.user.id, admin);
    expect(await login(services, ada)).toBe('done');
  },
});

export const mutations: readonly Mutation<unknown>[] = [
  ...[passwords, disabling, halfDisabling, enabling, roles],
  ...[logout('CURRENT'), logout('OTHERS'), logout('ALL'), revoking, revokingAll],
  ...[refreshing, reusing, signingUp, loggingIn, guessing],
  ...[keys, secrets, services, providerLogin, linking, unlinking, unlocking],
];
