import { userId } from '@fieldgate/guard/core';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Identity } from '../../domain/identity.ts';
import { identityId } from '../../domain/ids.ts';
import type { NewAccount } from '../ports/account-store.ts';
import type { IdentityStore, NewIdentity } from '../ports/identity-store.ts';
import { insertAccount } from './account-store.ts';
import type { SqlDatabase } from './database.ts';
import { toPage } from './page.ts';
import type { IdentitiesTable, Schema } from './schema.ts';
import { text, wholeNumber } from './session-rows.ts';
import { toWrittenUser } from './user-rows.ts';

const identityColumns = ['id', 'user_id', 'provider', 'email', 'created_at', 'last_used_at'] as const;

/** Identities in SQL. A new account and its identity are one transaction; every other method is one statement. */
export function sqlIdentityStore(db: SqlDatabase): IdentityStore {
  const { kysely, dialect, transaction } = db;
  return {
    async recordUse({ issuer, subject }, at) {
      const row = await kysely
        .updateTable('identities')
        .set({ last_used_at: at })
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .returning('user_id')
        .executeTakeFirst();
      return row === undefined ? null : userId(row.user_id);
    },

    async createAccount(account, identity) {
      const [[user], [linked]] = await transaction([
        insertAccount(kysely, account).compile(),
        insertFirst(kysely, account, identity).compile(),
        removeWithoutIdentity(kysely, account).compile(),
      ]);
      if (user === undefined) return 'email-taken';
      return linked === undefined ? 'identity-taken' : toWrittenUser(user, db);
    },

    link: linkToAccount(db),

    async list(owner, { first, after }) {
      const own = kysely
        .selectFrom('identities')
        .select(identityColumns)
        .where('user_id', '=', owner)
        .orderBy('created_at')
        .orderBy('id')
        .limit(first + 1);
      const page = after
        ? own.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '>', tuple(after.at, after.id)))
        : own;
      return toPage(await page.execute(), first, toIdentity);
    },

    async unlink(owner, id) {
      const deleted = await kysely
        // Locks the rows of the account in one order: a simultaneous call counts what the first has left.
        .with('of_account', (db) =>
          db
            .selectFrom('identities')
            .select('id')
            .where('user_id', '=', owner)
            .orderBy('id')
            .$if(dialect === 'postgres', (query) => query.forUpdate()),
        )
        .deleteFrom('identities')
        .where('id', '=', id)
        .where('id', 'in', (eb) => eb.selectFrom('of_account').select('of_account.id'))
        .where((eb) =>
          eb.or([
            eb(
              eb.selectFrom('of_account').select(({ fn }) => fn.countAll<number>().as('count')),
              '>',
              1,
            ),
            eb.exists(
              eb.selectFrom('users').select('users.id').where('users.id', '=', owner).where('password_hash', '!=', ''),
            ),
          ]),
        )
        .returning(identityColumns)
        .executeTakeFirst();
      if (deleted !== undefined) return toIdentity(deleted);
      const left = await kysely
        .selectFrom('identities')
        .select('id')
        .where('id', '=', id)
        .where('user_id', '=', owner)
        .executeTakeFirst();
      return left === undefined ? null : 'last-way-in';
    },
  };
}

/** Returns `IdentityStore.link`. One statement; which of the two reasons it had for writing nothing is read afterwards. */
const linkToAccount =
  ({ kysely, dialect }: SqlDatabase): IdentityStore['link'] =>
  async (identity, ownerVersion) => {
    const row = await kysely
      .insertInto('identities')
      .columns([...linkColumns])
      .expression((eb) =>
        eb
          .selectFrom('users')
          .select(toRow(identity))
          .where('users.id', '=', identity.userId)
          .$if(ownerVersion !== undefined, (owner) => owner.where('users.version', '=', ownerVersion ?? 0))
          // Waits for a change of the account that is under way, and then sees it.
          .$if(dialect === 'postgres', (query) => query.forShare()),
      )
      // An identity of another account is left alone, and no row is returned.
      .onConflict((conflict) =>
        conflict
          .columns(['issuer', 'subject'])
          .doUpdateSet({ email: identity.email })
          .where('identities.user_id', '=', identity.userId),
      )
      .returning(identityColumns)
      .executeTakeFirst();
    if (row !== undefined) return toIdentity(row);
    const owner = await kysely
      .selectFrom('users')
      .select('version')
      .where('id', '=', identity.userId)
      .executeTakeFirst();
    return owner && (ownerVersion ?? owner.version) === owner.version ? 'taken' : 'superseded';
  };

/** For an account that was just inserted. Inserts nothing if it was not, or if the identity is linked already. */
const insertFirst = (kysely: Kysely<Schema>, { id }: NewAccount, identity: Omit<NewIdentity, 'userId'>) =>
  kysely
    .insertInto('identities')
    .columns([...linkColumns, 'last_used_at'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select([...toRow(identity), wholeNumber(identity.createdAt).as('last_used_at')])
        .where('users.id', '=', id),
    )
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('id');

/** Without its identity nobody could sign in to the account. */
const removeWithoutIdentity = (kysely: Kysely<Schema>, { id }: NewAccount) =>
  kysely
    .deleteFrom('users')
    .where('id', '=', id)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('identities').select('identities.id').where('user_id', '=', id))),
    );

const linkColumns = ['id', 'user_id', 'issuer', 'subject', 'provider', 'email', 'created_at'] as const;

/** In the order of `linkColumns`. */
const toRow = (identity: Omit<NewIdentity, 'userId'>) => [
  text(identity.id).as('id'),
  sql.ref<string>('users.id').as('user_id'),
  text(identity.issuer).as('issuer'),
  text(identity.subject).as('subject'),
  text(identity.provider).as('provider'),
  text(identity.email).as('email'),
  wholeNumber(identity.createdAt).as('created_at'),
];

const toIdentity = (row: Pick<Selectable<IdentitiesTable>, (typeof identityColumns)[number]>): Identity => ({
  id: identityId(row.id),
  userId: userId(row.user_id),
  provider: row.provider,
  email: row.email,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
});
