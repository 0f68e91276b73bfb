import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { variableNames } from '../../src/config/config.ts';
import { configurationPage, environmentExample } from '../../src/config/configuration-page.ts';
import { startServer } from '../support/server.ts';

const root = new URL('../..', import.meta.url).pathname;

/** The commands of all console blocks of a file, in order, each with the output shown for it. */
const commandsOf = (file: string) =>
  [...readFileSync(`${root}${file}`, 'utf8').matchAll(/```console\n([\s\S]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split(/^\$ /m).filter(Boolean))
    .map((text) => {
      const [command = '', ...output] = text.trimEnd().split('\n');
      return { command, output: output.join('\n') };
    });

const marker = '--- end of command ---';

/** `…` stands for what differs between runs. */
const toPattern = (shown: string): RegExp => new RegExp(`^${shown.split('…').map(RegExp.escape).join('[^]*')}$`);

const documents = ['README.md', 'docs/credentials.md', 'docs/resource-servers.md'];

test.each(documents)('every command of %s prints what the page shows', { timeout: 60_000 }, async (file) => {
  const commands = commandsOf(file);
  const server = await startServer();
  const script = commands
    .map(({ command }) => `${command}\necho '${marker}'`)
    .join('\n')
    .replaceAll('http://localhost:4000', server.url);
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    cwd: root,
    env: { ...process.env, DATA_DIR: server.dataDir, ISSUER: 'http://localhost:4000', NODE_ENV: 'development' },
  });
  const outputs = stdout
    .split(`${marker}\n`)
    .slice(0, -1)
    .map((output) => output.trim());
  expect(outputs).toHaveLength(commands.length);
  for (const [index, { command, output }] of commands.entries())
    expect(outputs[index], command).toMatch(toPattern(output));
});

test('docs/configuration.md and .env.example are made from the variables, and name each of them', () => {
  const page = readFileSync(`${root}docs/configuration.md`, 'utf8');
  expect(page).toBe(configurationPage());
  expect(readFileSync(`${root}.env.example`, 'utf8')).toBe(environmentExample());
  const example = readFileSync(`${root}.env.example`, 'utf8');
  for (const name of variableNames) {
    expect(page, name).toContain(`\`${name}\``);
    expect(example, name).toContain(`# ${name}=`);
  }
});
