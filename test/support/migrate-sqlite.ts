/** A process that brings the SQLite file named by its argument up to date. */
import { openSqlite } from '../../src/stores/sql/sqlite.ts';

const [, , file = ''] = process.argv;
const database = openSqlite({ file });
await database.migrate();
await database.close();
