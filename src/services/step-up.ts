import type { AccountViewer } from '../domain/viewer.ts';
import type { Accounts } from './accounts.ts';
import type { Caller, Limits } from './limits.ts';
import type { RequireRecentSignIn } from './recent-sign-in.ts';

type StepUpDeps = {
  readonly accounts: Pick<Accounts, 'checkCurrentPassword'>;
  readonly requireRecentSignIn: RequireRecentSignIn;
  /** Counts a guess. Resolves with the error to refuse it with, or null. */
  readonly consume: Limits['consume'];
};

export type StepUpCaller = Caller & { readonly viewer: AccountViewer };

/** The password of the caller's account, if the caller gives it. */
type GivenPassword = string | null | undefined;

/**
 * Resolves if the caller may change what opens their account: with the current password, or in a session whose owner signed in a
 * short while ago. A password that is given decides alone; it is a guess, and counts as one wherever it is given.
 * Errors: STEP_UP_REQUIRED; INVALID_CREDENTIALS (currentPassword), ACCOUNT_LOCKED, RATE_LIMITED.
 */
export type StepUp = (caller: StepUpCaller, currentPassword: GivenPassword) => Promise<void>;

export const createStepUp =
  ({ accounts, requireRecentSignIn, consume }: StepUpDeps): StepUp =>
  async (caller, currentPassword) => {
    const { viewer, client } = caller;
    if (currentPassword === null || currentPassword === undefined) return requireRecentSignIn(viewer);
    const refusal = await consume('login', caller);
    if (refusal) throw refusal;
    await accounts.checkCurrentPassword(viewer.id, currentPassword, client);
  };
