import type { CompiledQuery } from 'kysely';
import type { EpochMillis } from '../../domain/clock.ts';
import type { User } from '../../domain/user.ts';
import type { SqlDatabase } from './database.ts';

/**
 * Returns the query that revokes the live keys of an account, if the account has this version and this hash now: for the transaction
 * that gives it both. Another change that came first gave it the version, but not the hash. `ApiKeyStore.create` waits for that transaction, so that no key is missed.
 */
export const revokeKeysOf = (
  { kysely }: SqlDatabase,
  { id, version }: User,
  { at, passwordHash }: { readonly at: EpochMillis; readonly passwordHash: string },
): CompiledQuery<{ id: string; name: string }> =>
  kysely
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('user_id', '=', id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', at)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('users')
          .select('users.id')
          .where('users.id', '=', id)
          .where('users.version', '=', version)
          .where('users.password_hash', '=', passwordHash),
      ),
    )
    .returning(['id', 'name'])
    .compile();
