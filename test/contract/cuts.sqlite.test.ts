import { sqliteFile } from '../support/databases.ts';
import { describeCuts } from './cuts.ts';

describeCuts('SQLite', async () => {
  const database = sqliteFile();
  return { database, redisUrl: null, drop: database.drop };
});
