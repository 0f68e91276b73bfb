import { postgresMissing, postgresServer } from '../support/databases.ts';
import { describeCuts } from './cuts.ts';

describeCuts(
  'PostgreSQL',
  async () => {
    const database = await postgresServer();
    return { database, redisUrl: null, drop: database.drop };
  },
  await postgresMissing(),
);
