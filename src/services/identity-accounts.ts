import { type ClientInfo, type UserId, userId } from '@fieldgate/guard/core';
import type { Clock } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { accountActor, anonymousActor, type RecordEvent } from '../domain/event.ts';
import type { ProvenIdentity } from '../domain/identity.ts';
import { identityId } from '../domain/ids.ts';
import type { Roles } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { IdentityStore } from '../stores/ports/identity-store.ts';
import type { Accounts } from './accounts.ts';

export type IdentityAccountsDeps = {
  readonly roles: Roles;
  readonly identities: Pick<IdentityStore, 'recordUse' | 'createAccount'>;
  readonly accounts: Pick<Accounts, 'find' | 'findByEmail'>;
  readonly clock: Clock;
  readonly createId: () => string;
  readonly record: RecordEvent;
};

/** Who signs in, and how the attempt to create an account for them is counted: it resolves with the error to refuse it with, or null. */
export type NewcomerAtProvider = {
  readonly client: ClientInfo;
  readonly countSignup: () => Promise<AppError | null>;
};

/** Finds or creates the account of an identity. */
export const createIdentityAccounts = (deps: IdentityAccountsDeps) => {
  const { identities, accounts, clock, record } = deps;
  const rejection = createRejection(record);

  /**
   * Resolves with the account the identity is linked to, else with a new one. An existing account is never linked by its email:
   * its owner has not proven the email here, so either of the two could be the impostor.
   * Errors: ACCOUNT_LINK_REQUIRED, EMAIL_UNVERIFIED, ACCOUNT_DISABLED, RATE_LIMITED.
   */
  const accountOf = async (identity: ProvenIdentity, newcomer: NewcomerAtProvider): Promise<User> => {
    const { client } = newcomer;
    const linkedTo = await identities.recordUse(identity, clock());
    const user = linkedTo === null ? await createAccount(identity, newcomer) : await accounts.find(linkedTo);
    if (user && user.disabledAt === null) return user;
    throw rejection('ACCOUNT_DISABLED', { identity, userId: user?.id ?? null, client });
  };

  /** Counts as a sign-up, whatever comes of it: a provider where anybody gets an identity must not be a way around that limit. */
  const createAccount = async (
    identity: ProvenIdentity,
    { client, countSignup }: NewcomerAtProvider,
  ): Promise<User | null> => {
    const refusal = await countSignup();
    if (refusal) throw refusal;
    const email = await requireFreeEmail({ accounts, rejection }, identity, client);
    const [id, createdAt] = [userId(deps.createId()), clock()];
    const account = { id, email, name: identity.name, role: deps.roles.signUp, passwordHash: null, createdAt };
    const created = await identities.createAccount(account, toNewIdentity(identity, deps));
    if (created === 'email-taken') throw rejection('ACCOUNT_LINK_REQUIRED', { identity, userId: null, client });
    if (created === 'identity-taken') return findLinked(identity);
    const about = { actor: accountActor(created.id, client), userId: created.id };
    record({ type: 'user.signed_up', ...about, metadata: { role: created.role } });
    record({ type: 'identity.linked', ...about, metadata: { provider: identity.provider } });
    return created;
  };

  /** For when a simultaneous sign-in of the same identity came first. */
  const findLinked = async (identity: ProvenIdentity): Promise<User | null> => {
    const linkedTo = await identities.recordUse(identity, clock());
    return linkedTo === null ? null : accounts.find(linkedTo);
  };

  return { accountOf };
};

/**
 * Looks up only an email that the provider has verified. For any other the answer is the same whether or not it has an account:
 * who asks has not shown that it is theirs.
 */
const requireFreeEmail = async (
  { accounts, rejection }: Pick<IdentityAccountsDeps, 'accounts'> & { readonly rejection: Rejection },
  identity: ProvenIdentity,
  client: ClientInfo,
): Promise<string> => {
  const { email, emailVerified } = identity;
  if (email === null || !emailVerified) throw rejection('EMAIL_UNVERIFIED', { identity, userId: null, client });
  const existing = await accounts.findByEmail(email);
  if (existing) throw rejection('ACCOUNT_LINK_REQUIRED', { identity, userId: existing.id, client });
  return email;
};

/** Records why a sign-in failed, and returns the error to answer it with. */
const createRejection =
  (record: RecordEvent) =>
  (reason: RejectionReason, { identity, userId, client }: Rejected): AppError => {
    const metadata = { provider: identity.provider };
    record({ type: 'user.login_failed', actor: anonymousActor(client), userId, reason, metadata });
    return new AppError(reason);
  };

type Rejection = ReturnType<typeof createRejection>;

/** Returns the row that links an identity. */
export const toNewIdentity = (
  { provider, issuer, subject, email }: ProvenIdentity,
  { createId, clock }: Pick<IdentityAccountsDeps, 'createId' | 'clock'>,
) => ({ id: identityId(createId()), provider, issuer, subject, email, createdAt: clock() });

type RejectionReason = 'ACCOUNT_DISABLED' | 'ACCOUNT_LINK_REQUIRED' | 'EMAIL_UNVERIFIED';
type Rejected = { readonly identity: ProvenIdentity; readonly userId: UserId | null; readonly client: ClientInfo };
