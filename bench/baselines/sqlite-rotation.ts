/** Durable updates per second in SQLite: one row by its key, as a rotation changes it, each synced before the next. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { reportRate } from './rate.ts';

const database = new DatabaseSync(join(process.env['DIRECTORY'] ?? '.', 'rotation.sqlite'));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, token TEXT NOT NULL, previous TEXT, rotated_at INTEGER) STRICT`);
const insert = database.prepare('INSERT OR REPLACE INTO sessions VALUES (?, ?, NULL, 0)');
const update = database.prepare(
  'UPDATE sessions SET token = ?, previous = token, rotated_at = ? WHERE id = ? AND token = ? RETURNING id',
);

const width = 16;
const tokens = Array.from({ length: width }, (_, lane) => `token-of-lane-${lane}-0`);
for (const [lane, token] of tokens.entries()) insert.run(`session-${lane}`, token);

let count = 0;
await reportRate({
  width,
  step: (lane) => {
    count += 1;
    const next = `token-of-lane-${lane}-${count}`;
    if (!update.get(next, count, `session-${lane}`, tokens[lane] ?? '')) throw new Error('the update found no row');
    tokens[lane] = next;
  },
});
database.close();
