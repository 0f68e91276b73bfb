import { pglite } from '../support/databases.ts';
import { sqlSigningKeyStores } from '../support/sql-stores.ts';
import { describeSigningKeyStore } from './signing-key-store.ts';

describeSigningKeyStore('PostgreSQL in memory (PGlite)', sqlSigningKeyStores(pglite));
