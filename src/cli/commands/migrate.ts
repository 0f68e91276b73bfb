import { loadConfig } from '../services.ts';
import { type ExitCode, print, printJson, type Shell } from '../shell.ts';

/** Makes the database if there is none, and brings it up to date. */
export const migrateCommand = async (shell: Shell, { json }: { readonly json?: boolean }): Promise<ExitCode> => {
  const config = await loadConfig(shell);
  const { openServices } = await import('../../boot/cli-services.ts');
  const { database, close } = await openServices({ config, clock: shell.clock });
  try {
    const applied = await database.pendingMigrations();
    await database.migrate();
    if (json) printJson(shell, { applied });
    else print(shell, applied.length === 0 ? 'The database was up to date.' : `Applied: ${applied.join(', ')}.`);
    return 0;
  } finally {
    await close();
  }
};
