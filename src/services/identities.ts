import type { ClientInfo, UserId } from '@fieldgate/guard/core';
import { isVerifierOf, loginCodeDigest } from '../crypto/login-code.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, type RecordEvent } from '../domain/event.ts';
import type { Identity, ProvenIdentity } from '../domain/identity.ts';
import { type IdentityId, identityId, isUuid } from '../domain/ids.ts';
import { checkPage, type Page, type PageQuery } from '../domain/page.ts';
import type { IdentityFlowStore } from '../stores/ports/identity-flow-store.ts';
import type { IdentityStore } from '../stores/ports/identity-store.ts';
import {
  createIdentityAccounts,
  type IdentityAccountsDeps,
  type NewcomerAtProvider,
  toNewIdentity,
} from './identity-accounts.ts';
import type { IssuedTokens, Sessions } from './sessions.ts';

type IdentitiesDeps = IdentityAccountsDeps & {
  readonly identities: IdentityStore;
  readonly flows: Pick<IdentityFlowStore, 'takeCode'>;
  readonly sessions: Pick<Sessions, 'signIn'>;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

/** What a page presents after a sign-in at a provider: the code it was called back with, and the verifier it started with. */
export type Redemption = { readonly code: string; readonly codeVerifier: string };

/** `accountVersion`: of the account when the credential of its owner was checked. */
type Owner = { readonly id: UserId; readonly accountVersion?: number | undefined };

export type Identities = ReturnType<typeof createIdentities>;

/** Sign-ins through identity providers, and the links between identities and accounts. */
export const createIdentities = (deps: IdentitiesDeps) => {
  const { identities, clock, record } = deps;
  const { accountOf } = createIdentityAccounts(deps);

  /**
   * Signs in to the account that the identity is linked to, else to a new one. Errors: LOGIN_CODE_INVALID, ACCOUNT_LINK_REQUIRED,
   * EMAIL_UNVERIFIED, ACCOUNT_DISABLED, RATE_LIMITED.
   */
  const login = async (redemption: Redemption, newcomer: NewcomerAtProvider): Promise<IssuedTokens> => {
    const identity = await redeem(redemption);
    return deps.sessions.signIn(() => accountOf(identity, newcomer), newcomer.client, 'identity');
  };

  /**
   * Links the identity that signed in at a provider to this account. Errors: LOGIN_CODE_INVALID, IDENTITY_TAKEN; UNAUTHENTICATED
   * (TOKEN_STALE) if the account has changed since its owner's credential was checked.
   */
  const link = async (
    { id: owner, accountVersion }: Owner,
    redemption: Redemption,
    client: ClientInfo,
  ): Promise<Identity> => {
    const identity = await redeem(redemption);
    const linked = await identities.link({ ...toNewIdentity(identity, deps), userId: owner }, accountVersion);
    if (linked === 'superseded') throw new AppError('UNAUTHENTICATED', { reason: 'TOKEN_STALE' });
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

  /** Resolves with a page of the identities of an account, oldest first. Errors: BAD_USER_INPUT (first). */
  const list = async (owner: UserId, page: PageQuery): Promise<Page<Identity>> =>
    identities.list(owner, checkPage(page));

  /** Resolves with the identity a code stands for. Presenting a code uses it up, with the right verifier or a wrong one. */
  const redeem = async ({ code, codeVerifier }: Redemption): Promise<ProvenIdentity> => {
    const taken = await deps.flows.takeCode(loginCodeDigest(code), clock());
    if (!taken || !isVerifierOf(taken.challenge, codeVerifier)) throw new AppError('LOGIN_CODE_INVALID');
    return taken.identity;
  };

  return { login, link, unlink, list };
};
