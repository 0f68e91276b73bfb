import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import { serverActor } from '../domain/event.ts';
import type { Roles } from '../domain/role.ts';
import { StartError } from '../domain/start-error.ts';
import type { Accounts } from '../services/accounts.ts';
import type { Log } from '../telemetry/log.ts';

/** Creates the configured administrator unless an account has that email. */
export const createFirstAdmin = async (
  { firstAdmin }: Config,
  accounts: Pick<Accounts, 'findByEmail' | 'createAccount'>,
  { roles, log }: { readonly roles: Roles; readonly log: Log },
): Promise<void> => {
  if (!firstAdmin || (await accounts.findByEmail(firstAdmin.email))) return;
  try {
    const { email, password } = firstAdmin;
    const admin = await accounts.createAccount(
      { email, password: password.reveal(), role: roles.administrator },
      serverActor,
    );
    log.info({ userId: admin.id }, 'the first administrator has been created');
  } catch (error) {
    // Another instance that started at the same moment was first.
    if (error instanceof AppError && error.code === 'EMAIL_TAKEN') return;
    if (error instanceof AppError) throw new StartError(`ADMIN_EMAIL, ADMIN_PASSWORD: ${error.message}`);
    throw error;
  }
};
