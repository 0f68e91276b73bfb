import type { ClientInfo } from '@fieldgate/guard/core';
import type { EpochMillis } from '../domain/clock.ts';
import { AppError } from '../domain/errors.ts';
import { anonymousActor } from '../domain/event.ts';
import type { User } from '../domain/user.ts';
import type { NewAccountInput } from './accounts.ts';
import { type IssuedTokens, requireStarted, type SessionsDeps, type SessionTokens } from './session-tokens.ts';

type SignupDeps = Pick<SessionsDeps, 'accounts' | 'sessions' | 'clock'> & { readonly start: SessionTokens['start'] };

/** How long a sign-up that was cut short can be repeated. */
const repeatableMs = 3_600_000;

export const createSignup = ({ accounts, sessions, clock, start }: SignupDeps) => {
  /**
   * Creates an account and signs it in. An earlier call may have been cut short between the two: the same call again goes on with
   * its account. Errors: those of `Accounts.createAccount`.
   */
  const signup = async (input: NewAccountInput, client: ClientInfo): Promise<IssuedTokens> => {
    const user = await accounts.createAccount(input, anonymousActor(client)).catch(async (error: unknown) => {
      const unfinished = isRejection(error, 'EMAIL_TAKEN') ? await findUnfinished(input, client) : null;
      if (!unfinished) throw error;
      return unfinished;
    });
    return requireStarted(await start(user, client, 'signup'));
  };

  /** The password is checked, and counted, as for a login. */
  const findUnfinished = async ({ email, password }: NewAccountInput, client: ClientInfo): Promise<User | null> => {
    const found = await accounts.findByEmail(email);
    if (!found || !isUntouched(found, clock()) || (await isSignedIn(found))) return null;
    const user = await accounts.authenticate(email, password, client).catch((error: unknown) => {
      if (isRejection(error, 'INVALID_CREDENTIALS') || isRejection(error, 'ACCOUNT_LOCKED')) return null;
      throw error;
    });
    // Again: of simultaneous sign-ups the first has begun its session by now.
    return user && !(await isSignedIn(user)) ? user : null;
  };

  const isSignedIn = async ({ id }: User): Promise<boolean> =>
    (await sessions.list(id, { first: 1, after: null })).items.length > 0;

  return { signup };
};

const isUntouched = ({ version, createdAt }: User, now: EpochMillis): boolean =>
  version === 1 && now - createdAt < repeatableMs;

const isRejection = (error: unknown, code: AppError['code']): boolean =>
  error instanceof AppError && error.code === code;
