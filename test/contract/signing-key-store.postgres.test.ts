import { postgresMissing, postgresServer } from '../support/databases.ts';
import { sqlSigningKeyStores } from '../support/sql-stores.ts';
import { describeSigningKeyStore } from './signing-key-store.ts';

describeSigningKeyStore('PostgreSQL', sqlSigningKeyStores(postgresServer), await postgresMissing());
