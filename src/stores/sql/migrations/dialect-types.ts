import { type CreateTableBuilder, sql } from 'kysely';
import type { SqlDatabase } from '../database.ts';

/**
 * The column types of one schema in two dialects. SQLite: STRICT, or a number column would accept 'abc'. PostgreSQL:
 * collation C compares texts byte by byte, as SQLite does, so that pages have the same order in both.
 */
export const dialectTypes = (dialect: SqlDatabase['dialect']) => ({
  text: dialect === 'sqlite' ? sql`text` : sql`text collate "C"`,
  integer: dialect === 'sqlite' ? sql`integer` : sql`bigint`,
  strict: <Table extends string, Column extends string>(table: CreateTableBuilder<Table, Column>) =>
    dialect === 'sqlite' ? table.modifyEnd(sql`strict`) : table,
});
