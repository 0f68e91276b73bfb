import type { Command } from 'commander';
import { jsonOption, type Run } from '../options.ts';
import type { Shell } from '../shell.ts';

const keyFields = `
States: next (published, signs at its until), current (signs), retired (verifies until), removed, sealed (cannot be opened).
JSON: { keys: [{ kid, algorithm, state, since, until, signs, verifies }] }`;

export const addKeyCommands = (program: Command, shell: Shell, run: Run): void => {
  const key = program.command('key').description('make, list, rotate and revoke signing keys');
  key
    .command('generate')
    .description('make a signing key: a JWK Set with a private key, for JWT_KEYS')
    .option('--algorithm <name>', 'what it is for: ES256, RS256, … (default: JWT_ALGORITHM, else ES256)')
    .option('--out <file>', 'write it to a new file, mode 0600, instead of standard output')
    .action((options) => run(import('./key.ts').then(({ generateKeyFile }) => generateKeyFile(shell, options))));
  key
    .command('list')
    .description('list the keys and what each is for now; never what they are made of')
    .option(...jsonOption)
    .addHelpText('after', keyFields)
    .action((options) => run(import('./key.ts').then(({ listKeys }) => listKeys(shell, options))));
  key
    .command('rotate')
    .description('publish the key that signs next; tokens of the present one stay good until they expire')
    .option(...jsonOption)
    .addHelpText('after', keyFields)
    .action((options) => run(import('./key.ts').then(({ rotateKey }) => rotateKey(shell, options))));
  key
    .command('revoke')
    .description(
      'for a key that leaked: end it, and with it all tokens it signed, on every running server within 5 seconds',
    )
    .argument('<kid>', 'the key, as key list shows it')
    .option(...jsonOption)
    .addHelpText('after', `\nA name that begins with - comes behind --: fieldgate key revoke -- -x…${keyFields}`)
    .action((kid: string, options) => run(import('./key.ts').then(({ revokeKey }) => revokeKey(shell, kid, options))));
};
