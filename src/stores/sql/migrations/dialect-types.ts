import { type CreateTableBuilder, sql } from 'kysely';
import type { SqlDatabase } from '../database.ts';

/**
 * One schema, two spellings. SQLite: STRICT, or it takes 'abc' for a number. PostgreSQL: texts compare byte by byte
 * (collation C), as SQLite's do, so that both put the same page in the same order.
 */
export const spelling = (dialect: SqlDatabase['dialect']) => ({
  text: dialect === 'sqlite' ? sql`text` : sql`text collate "C"`,
  integer: dialect === 'sqlite' ? sql`integer` : sql`bigint`,
  strict: <Table extends string, Column extends string>(table: CreateTableBuilder<Table, Column>) =>
    dialect === 'sqlite' ? table.modifyEnd(sql`strict`) : table,
});
