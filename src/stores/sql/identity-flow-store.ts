import { tokenDigest } from '../../domain/ids.ts';
import type { IdentityFlowStore } from '../ports/identity-flow-store.ts';
import type { SqlDatabase } from './database.ts';

/** Sign-ins under way in SQL. Every method is made of single statements, each of which is atomic. */
export function sqlIdentityFlowStore({ kysely }: SqlDatabase): IdentityFlowStore {
  return {
    async spendState(state, expiresAt) {
      const { numInsertedOrUpdatedRows = 0n } = await kysely
        .insertInto('spent_oauth_states')
        .values({ state, expires_at: expiresAt })
        .onConflict((conflict) => conflict.column('state').doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows > 0n;
    },

    async putCode({ digest, challenge, identity, expiresAt }) {
      await kysely
        .insertInto('login_codes')
        .values({
          digest,
          challenge,
          provider: identity.provider,
          issuer: identity.issuer,
          subject: identity.subject,
          email: identity.email,
          email_verified: identity.emailVerified ? 1 : 0,
          name: identity.name,
          expires_at: expiresAt,
        })
        .execute();
    },

    async takeCode(digest, now) {
      const row = await kysely.deleteFrom('login_codes').where('digest', '=', digest).returningAll().executeTakeFirst();
      if (row === undefined || row.expires_at <= now) return null;
      const { provider, issuer, subject, email, name } = row;
      return {
        digest: tokenDigest(row.digest),
        challenge: row.challenge,
        identity: { provider, issuer, subject, email, emailVerified: row.email_verified === 1, name },
        expiresAt: row.expires_at,
      };
    },

    async purgeExpired(limit, now) {
      const [codes, states] = [
        await kysely
          .deleteFrom('login_codes')
          .where('digest', 'in', (eb) =>
            eb.selectFrom('login_codes').select('digest').where('expires_at', '<=', now).limit(limit),
          )
          .executeTakeFirstOrThrow(),
        await kysely
          .deleteFrom('spent_oauth_states')
          .where('state', 'in', (eb) =>
            eb.selectFrom('spent_oauth_states').select('state').where('expires_at', '<=', now).limit(limit),
          )
          .executeTakeFirstOrThrow(),
      ];
      return Number(codes.numDeletedRows + states.numDeletedRows);
    },
  };
}
