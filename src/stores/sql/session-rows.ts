import { sessionId, userId } from '@fieldgate/guard/core';
import {
  type ExpressionBuilder,
  type ExpressionWrapper,
  type RawBuilder,
  type Selectable,
  type SqlBool,
  sql,
} from 'kysely';
import type { EpochMillis } from '../../domain/clock.ts';
import type { Session, TokenDigests } from '../../domain/session.ts';
import type { Schema, SessionsTable } from './schema.ts';

/** The columns of `Session`: no digest, no nonce. */
export const sessionColumns = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'authenticated_at',
  'expires_at',
  'ip',
  'user_agent',
] as const;

export const toSession = (row: Pick<Selectable<SessionsTable>, (typeof sessionColumns)[number]>): Session => ({
  id: sessionId(row.id),
  userId: userId(row.user_id),
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  authenticatedAt: row.authenticated_at,
  expiresAt: row.expires_at,
  ip: row.ip,
  userAgent: row.user_agent,
});

type OfSession<T> = (eb: ExpressionBuilder<Schema, 'sessions'>) => ExpressionWrapper<Schema, 'sessions', T>;

/** Not expired, and its account neither is disabled nor has ended the sessions of its time. `rows` is the table, or what a query calls a part of it. */
export const isLive = (now: EpochMillis, rows: 'sessions' | 'page' = 'sessions'): RawBuilder<SqlBool> => {
  const column = (name: keyof SessionsTable) => sql.ref(`${rows}.${name}`);
  return sql<SqlBool>`(${column('expires_at')} > ${now} and exists (
    select 1 from users where users.id = ${column('user_id')}
      and users.sessions_from <= ${column('account_version')} and users.disabled_at is null))`;
};

/** The new idle limit, never beyond the absolute one. (`min` and `least` are not portable.) */
export const slidExpiry =
  (idleLimit: EpochMillis): OfSession<number> =>
  (eb) =>
    eb
      .case()
      .when('absolute_expires_at', '<', idleLimit)
      .then(eb.ref('absolute_expires_at'))
      .else(wholeNumber(idleLimit))
      .end();

/** Gives a session the first token of another family, and binds it to this version of its account. */
export const newFamily = ({ family, token }: TokenDigests, accountVersion: number) => ({
  family_digest: family,
  token_digest: token,
  previous_digest: null,
  successor_nonce: null,
  rotated_at: null,
  account_version: accountVersion,
});

/** PostgreSQL takes an untyped parameter for text; these state the type. */
export const wholeNumber = (value: number): RawBuilder<number> => sql<number>`cast(${value} as bigint)`;
export const text = <T extends string | null>(value: T): RawBuilder<T> => sql<T>`cast(${value} as text)`;
