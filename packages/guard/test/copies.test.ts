import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { guardVersion } from '../src/authorization/copies.ts';

const root = new URL('../../..', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const versionOf = (folder: string): string =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).version;

/** Where graphql 16 is. */
const otherFolder = 'test/graphql-16/node_modules/graphql';
const other = JSON.stringify(join(root, otherFolder, 'index.js'));

/** Runs lines in a process of its own, beside a copy of the source of this package, and returns what they throw. */
const messageOf = (lines: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-copies-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  cpSync(new URL('../src', import.meta.url), join(folder, 'copy'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const script = `import * as guard from '@fieldgate/guard';\nimport * as graphql from 'graphql';\ntry { ${lines} } catch (error) { console.log(error.message); }`;
  writeFileSync(join(folder, 'script.js'), script);
  const args = ['--conditions=@fieldgate/source', '--disable-warning=ExperimentalWarning', join(folder, 'script.js')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim();
};

test('G18 two copies of graphql are named with versions and places, in one sentence', () => {
  const message = messageOf(
    `const other = await import(${other}); guard.guardSchema(other.buildSchema('type Query { a: Int }'));`,
  );
  expect(message).toContain(`made with graphql ${versionOf(otherFolder)} at `);
  expect(message).toContain(`${otherFolder}, and @fieldgate/guard uses `);
  expect(message).toContain(`graphql ${versionOf('node_modules/graphql')} at `);
  expect(message).toMatch(/node_modules\/graphql\. Install one version for all/);
  expect(message.split('\n')).toHaveLength(1);
});

test('G18 they are named by assertGuarded too', () => {
  const lines = `guard.assertGuarded((await import(${other})).buildSchema('type Query { a: Int }'));`;
  expect(messageOf(lines)).toMatch(/^There are two copies of graphql\./);
});

test.each(['assertGuarded', 'guardSchema'])(
  'G18 %s names two copies of this package with versions and places',
  (name) => {
    const message = messageOf(
      `const copy = await import('./copy/index.ts');
     const sdl = copy.authTypeDefs(['USER']) + 'type Query { a: Int @auth }';
     guard.${name}(copy.guardSchema(graphql.buildSchema(sdl)));`,
    );
    expect(message).toContain(`was guarded by another copy of @fieldgate/guard, ${manifest.version} at `);
    expect(message).toMatch(/guard-copies-\S+\/copy\/\S+, and this one is [\d.]+ at \S*packages\/guard\/src/);
  },
);

test('the version is that of package.json', () => {
  expect(guardVersion).toBe(manifest.version);
});
