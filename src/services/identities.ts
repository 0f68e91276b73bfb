import { type ClientInfo, type UserId, userId } from '@fieldgate/guard/core';
import { isVerifierOf, loginCodeDigest } from '../crypto/login-code.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import type { Identity, ProvenIdentity } from '../domain/identity.ts';
import { type IdentityId, identityId, isUuid } from '../domain/ids.ts';
import { roles } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { IdentityFlowStore } from '../stores/ports/identity-flow-store.ts';
import type { IdentityStore } from '../stores/ports/identity-store.ts';
import type { Accounts } from './accounts.ts';
import type { IssuedTokens, Sessions } from './sessions.ts';

type Dependencies = {
  readonly identities: IdentityStore;
  readonly flows: Pick<IdentityFlowStore, 'takeCode'>;
  readonly accounts: Pick<Accounts, 'find' | 'findByEmail'>;
  readonly sessions: Pick<Sessions, 'signIn'>;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

/** What a page holds after a sign-in at a provider: the code it was called back with, and the verifier it began with. */
export type Redemption = { readonly code: string; readonly codeVerifier: string };

export type Identities = ReturnType<typeof createIdentities>;

/** What somebody whom a provider knows may open here. */
export const createIdentities = (deps: Dependencies) => {
  const { identities, accounts, clock, record } = deps;

  /**
   * Signs in whoever has signed in at a provider: to the account the identity is linked to, else to a new one.
   * An account that is there already is never linked by its email: nobody has shown here that the email is theirs, so that
   * either of the two could be the impostor. Errors: LOGIN_CODE_INVALID, ACCOUNT_LINK_REQUIRED, EMAIL_UNVERIFIED,
   * ACCOUNT_DISABLED.
   */
  const login = async (redemption: Redemption, client: ClientInfo): Promise<IssuedTokens> => {
    const identity = await redeem(redemption);
    return deps.sessions.signIn(() => accountOf(identity, client), client, 'identity');
  };

  const accountOf = async (identity: ProvenIdentity, client: ClientInfo): Promise<User> => {
    const linkedTo = await identities.recordUse(identity, clock());
    const user = linkedTo === null ? await createAccount(identity, client) : await accounts.find(linkedTo);
    if (user && user.disabledAt === null) return user;
    throw refused('ACCOUNT_DISABLED', { identity, userId: user?.id ?? null, client });
  };

  const createAccount = async (identity: ProvenIdentity, client: ClientInfo): Promise<User | null> => {
    const { email, emailVerified, name } = identity;
    if (email === null) throw refused('EMAIL_UNVERIFIED', { identity, userId: null, client });
    const existing = await accounts.findByEmail(email);
    if (existing) throw refused('ACCOUNT_LINK_REQUIRED', { identity, userId: existing.id, client });
    if (!emailVerified) throw refused('EMAIL_UNVERIFIED', { identity, userId: null, client });
    const [id, createdAt] = [userId(deps.createId()), clock()];
    const account = { id, email, name, role: roles[0], passwordHash: null, createdAt };
    const created = await identities.createAccount(account, toNew(identity));
    if (created === 'email-taken') throw refused('ACCOUNT_LINK_REQUIRED', { identity, userId: null, client });
    if (created === 'identity-taken') return findLinked(identity);
    const about = { actor: accountActor(created.id, client), userId: created.id };
    record({ type: 'user.signed_up', ...about, metadata: { role: created.role } });
    record({ type: 'identity.linked', ...about, metadata: { provider: identity.provider } });
    return created;
  };

  /** Another sign-in of the same person was first, a moment ago. */
  const findLinked = async (identity: ProvenIdentity): Promise<User | null> => {
    const linkedTo = await identities.recordUse(identity, clock());
    return linkedTo === null ? null : accounts.find(linkedTo);
  };

  const refused = (reason: Refusal, { identity, userId, client }: Refused): AppError => {
    const metadata = { provider: identity.provider };
    record({ type: 'user.login_failed', actor: anonymousActor(client), userId, reason, metadata });
    return new AppError(reason);
  };

  /** Links whoever has signed in at a provider to this account. Errors: LOGIN_CODE_INVALID, IDENTITY_TAKEN. */
  const link = async (owner: UserId, redemption: Redemption, client: ClientInfo): Promise<Identity> => {
    const identity = await redeem(redemption);
    const linked = await identities.link({ ...toNew(identity), userId: owner });
    if (linked === 'taken') throw new AppError('IDENTITY_TAKEN');
    const metadata = { provider: identity.provider };
    record({ type: 'identity.linked', actor: accountActor(owner, client), userId: owner, metadata });
    return linked;
  };

  /** Errors: NOT_FOUND, alike for another account's identity and for none (ASVS 8.2.2); LAST_WAY_IN. */
  const unlink = async (owner: UserId, id: string, client: ClientInfo): Promise<IdentityId> => {
    const unlinked = isUuid(id) ? await identities.unlink(owner, identityId(id)) : null;
    if (unlinked === null) throw new AppError('NOT_FOUND');
    if (unlinked === 'last-way-in') throw new AppError('LAST_WAY_IN');
    const metadata = { provider: unlinked.provider };
    record({ type: 'identity.unlinked', actor: accountActor(owner, client), userId: owner, metadata });
    return unlinked.id;
  };

  const list = (owner: UserId): Promise<readonly Identity[]> => identities.list(owner);

  /** Who a code stands for. Whoever presents it uses it up, with the right verifier or not. */
  const redeem = async ({ code, codeVerifier }: Redemption): Promise<ProvenIdentity> => {
    const taken = await deps.flows.takeCode(loginCodeDigest(code), clock());
    if (!taken || !isVerifierOf(taken.challenge, codeVerifier)) throw new AppError('LOGIN_CODE_INVALID');
    return taken.identity;
  };

  const toNew = ({ provider, issuer, subject, email }: ProvenIdentity) => ({
    ...{ id: identityId(deps.createId()), provider, issuer, subject, email, createdAt: clock() },
  });

  return { login, link, unlink, list };
};

type Refusal = 'ACCOUNT_DISABLED' | 'ACCOUNT_LINK_REQUIRED' | 'EMAIL_UNVERIFIED';
type Refused = { readonly identity: ProvenIdentity; readonly userId: UserId | null; readonly client: ClientInfo };
