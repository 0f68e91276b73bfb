import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlApiKeyStores } from '../support/sql-stores.ts';
import { describeApiKeyStore } from './api-key-store.ts';

describeApiKeyStore('PostgreSQL', sqlApiKeyStores(postgresServer), await postgresMissing());
