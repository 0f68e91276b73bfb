import type { UserId } from '@fieldgate/guard';
import { type RawBuilder, sql } from 'kysely';
import type { SqlDatabase } from '../../src/stores/sql/database.ts';

type Rows = {
  readonly owner: UserId;
  readonly count: number;
  /** Of the first row; each other one is as much later as its number says. Also makes the identifiers of the rows unique. */
  readonly createdAt: number;
  readonly expiresAt: number;
};

/** Portable: SQLite and PostgreSQL both have it. */
const numbers = (count: number): RawBuilder<unknown> =>
  sql`with recursive numbers (i) as (select 0 union all select i + 1 from numbers where i + 1 < cast(${count} as bigint))`;

/** A UUID whose order is that of the time. */
const identifier = (createdAt: number): RawBuilder<unknown> =>
  sql`'00000000-0000-4000-8000-' || substr(cast(1000000000000000 + cast(${createdAt} as bigint) + i as text), 5)`;

/** Rows of one statement: PostgreSQL's answer is waited for a second. */
const blockSize = 5_000;

/** Inserts many sessions of one account, fast. */
export const insertSessions = async (
  { kysely }: SqlDatabase,
  { accountVersion = 1, ...rows }: Rows & { readonly accountVersion?: number },
): Promise<void> => {
  for (const { owner, count, createdAt, expiresAt } of blocksOf(rows)) {
    await sql`insert into sessions (id, user_id, created_at, last_seen_at, authenticated_at, expires_at,
        absolute_expires_at, family_digest, token_digest, account_version)
      ${numbers(count)} select ${identifier(createdAt)}, cast(${owner} as text), cast(${createdAt} as bigint) + i,
        cast(${createdAt} as bigint) + i, cast(${createdAt} as bigint) + i, cast(${expiresAt} as bigint),
        cast(${expiresAt} as bigint), 'family', 'token', cast(${accountVersion} as bigint) from numbers`.execute(
      kysely,
    );
  }
};

/** Inserts many API keys of one account, all revoked when the first of them was created. */
export const insertRevokedKeys = async ({ kysely }: SqlDatabase, rows: Rows): Promise<void> => {
  for (const { owner, count, createdAt, expiresAt } of blocksOf(rows)) {
    await sql`insert into api_keys (id, user_id, name, digest, scopes, created_at, expires_at, revoked_at)
      ${numbers(count)} select ${identifier(createdAt)}, cast(${owner} as text), 'dead', 'digest', '',
        cast(${createdAt} as bigint) + i, cast(${expiresAt} as bigint),
        cast(${rows.createdAt} as bigint) from numbers`.execute(kysely);
  }
};

const blocksOf = (rows: Rows): readonly Rows[] =>
  Array.from({ length: Math.ceil(rows.count / blockSize) }, (_, block) => ({
    ...rows,
    count: Math.min(blockSize, rows.count - block * blockSize),
    createdAt: rows.createdAt + block * blockSize,
  }));
