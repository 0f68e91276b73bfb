import type { EmailDigest } from '../../domain/ids.ts';
import { isEmpty, type LoginAttempts, noAttempts } from '../../domain/login-attempts.ts';
import type { AttemptsChange, LoginAttemptStore } from '../ports/login-attempt-store.ts';
import { unavailable } from '../unavailable.ts';
import type { SqlDatabase } from './database.ts';

/** Each lost round means that another call succeeded; so many in a row mean that something is wrong. */
const maxRounds = 100;

type Replacement = { readonly before: string | null; readonly after: string | null; readonly expiresAt: number };

const prepareWrites = ({ kysely, prepareRelaxedWrite }: SqlDatabase) => ({
  insert: prepareRelaxedWrite(
    kysely
      .insertInto('login_attempts')
      .values({ email_digest: '', attempts: '', expires_at: 0 })
      .onConflict((conflict) => conflict.column('email_digest').doNothing())
      .returning('email_digest')
      .compile(),
  ),
  update: prepareRelaxedWrite(
    kysely
      .updateTable('login_attempts')
      .set({ attempts: '', expires_at: 0 })
      .where('email_digest', '=', '')
      .where('attempts', '=', '')
      .returning('email_digest')
      .compile(),
  ),
  remove: prepareRelaxedWrite(
    kysely
      .deleteFrom('login_attempts')
      .where('email_digest', '=', '')
      .where('attempts', '=', '')
      .returning('email_digest')
      .compile(),
  ),
});

/**
 * Login attempts in SQL. A change reads the row, computes the next one, and writes it in one statement on condition that the
 * row is still, byte for byte, the one that was read. A power cut may lose the attempts just before it.
 */
export function sqlLoginAttemptStore(db: SqlDatabase): LoginAttemptStore {
  const { kysely, dialect, prepareRead } = db;
  const readRow = prepareRead(
    kysely.selectFrom('login_attempts').select('attempts').where('email_digest', '=', '').compile(),
  );
  const read = async (email: EmailDigest): Promise<string | null> => (await readRow([email]))?.attempts ?? null;

  const { insert, update, remove } = prepareWrites(db);

  const replace = async (email: EmailDigest, { before, after, expiresAt }: Replacement): Promise<boolean> => {
    const write = (): Promise<unknown> => {
      if (before === null) return insert([email, after ?? '', expiresAt]);
      if (after === null) return remove([email, before]);
      return update([after, expiresAt, email, before]);
    };
    return (await write()) !== undefined;
  };

  return {
    find: async (email) => parse(await read(email)),

    async change<Outcome>(
      email: EmailDigest,
      step: (before: LoginAttempts) => AttemptsChange<Outcome>,
    ): Promise<Outcome> {
      for (let round = 0; round < maxRounds; round += 1) {
        const before = await read(email);
        const { record, outcome } = step(parse(before));
        if (record === null) return outcome;
        const after = write(record.attempts);
        if (before === after || (await replace(email, { before, after, expiresAt: record.expiresAt }))) return outcome;
      }
      throw unavailable(new Error('Concurrent changes of one row never let this one through.'));
    },

    async purgeExpired(limit, now) {
      const { numDeletedRows } = await kysely
        .deleteFrom('login_attempts')
        .where('email_digest', 'in', (eb) =>
          eb
            .selectFrom('login_attempts')
            .select('email_digest')
            .where('expires_at', '<=', now)
            .orderBy('expires_at')
            .limit(limit)
            // Instances that purge at once skip each other's rows instead of waiting for them.
            .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked()),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

/** Equal attempts have equal texts. */
const write = (attempts: LoginAttempts): string | null => {
  if (isEmpty(attempts)) return null;
  const { failedAt, pending, lockedUntil } = attempts;
  return JSON.stringify([failedAt, pending.map(({ id, until }) => [id, until]), lockedUntil]);
};

/** Unchecked cast: only `write` writes this text. */
const parse = (text: string | null): LoginAttempts => {
  if (text === null) return noAttempts;
  const [failedAt, pending, lockedUntil] = JSON.parse(text) as [number[], [string, number][], number | null];
  return { failedAt, pending: pending.map(([id, until]) => ({ id, until })), lockedUntil };
};
