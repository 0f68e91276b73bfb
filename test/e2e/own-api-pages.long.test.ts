import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { spawnCommand } from '../support/command-line.ts';
import { freePort, goodPassword, send, signupMutation, unlimited } from '../support/process.ts';

const root = new URL('../..', import.meta.url).pathname;

/** A folder with this server installed. */
const project = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/fieldgate'));
  return folder;
};

const serve = async (folder: string, env: Record<string, string> = {}) => {
  const port = String(await freePort());
  const all = { PORT: port, DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn', ...unlimited, ...env };
  const { child, exit, result } = spawnCommand(['serve'], folder, all);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exit;
  });
  const url = `http://127.0.0.1:${port}`;
  const output = result();
  await expect
    .poll(
      async () =>
        (await fetch(`${url}/health`).catch(() => null))?.ok ?? (child.exitCode === null ? null : (await output).err),
      { timeout: 15_000 },
    )
    .toBe(true);
  const signUp = async (email: string) => (await send(url, signupMutation, { email })).data.signup;
  return { gql: (query: string, token?: string, variables = {}) => send(url, query, variables, token), signUp };
};

test('the files of "Add your first field" in the README make a field of your own, guarded, beside those of the server', {
  timeout: 60_000,
}, async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = /## Add your first field\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const folder = project();
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const files = [...section.matchAll(/^`([^`]+)`:\n\n```\w+\n([\s\S]*?)```/gm)];
  expect(files.map(([, name]) => name)).toEqual(['schema/notes.graphql', 'src/resolvers.js', 'fieldgate.config.js']);
  for (const [, name = '', text = ''] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const check = await spawnCommand(['check'], folder).result();
  expect(check).toMatchObject({ code: 0, err: '' });
  const shown = /```text\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  expect(check.out).toBe(shown.replace('…', folder));

  const { gql, signUp } = await serve(folder);
  const ada = await signUp('ada@example.com');
  expect((await gql('{ me { email } notes { text } }', ada.accessToken)).data).toEqual({
    me: { email: 'ada@example.com' },
    notes: [],
  });
  expect((await gql('{ notes { text } }')).errors[0].extensions.code).toBe('UNAUTHENTICATED');

  const schema = join(folder, 'schema/notes.graphql');
  writeFileSync(schema, readFileSync(schema, 'utf8').replace(' @auth', ''));
  const refused = await spawnCommand(['check'], folder).result();
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(
    'schema/notes.graphql:8:3: Query.notes: is a root field and says neither @auth nor @public.',
  );
});

describe('examples/notes', () => {
  const notes = (): string => {
    const folder = project();
    cpSync(join(root, 'examples/notes'), folder, { recursive: true });
    return folder;
  };

  test('owners, editors and strangers get what its rules say', { timeout: 60_000 }, async () => {
    const folder = notes();
    expect((await spawnCommand(['check'], folder).result()).out).toContain('Roles: READER < EDITOR < ADMIN');
    const { gql, signUp } = await serve(folder, { ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: goodPassword });
    const [ada, bob] = [await signUp('ada@example.com'), await signUp('bob@example.com')];
    const add =
      'mutation ($title: String!) { addNote(title: $title, text: "secret") { id title text owner { email } } }';
    const added = await gql(add, ada.accessToken, { title: 'plan' });
    expect(added.data.addNote).toMatchObject({ title: 'plan', text: 'secret', owner: { email: 'ada@example.com' } });
    expect((await gql(add, ada.accessToken, { title: 'plan' })).errors[0].extensions).toEqual({
      code: 'TITLE_TAKEN',
      field: 'title',
    });
    expect((await gql('{ noteCount }')).data).toEqual({ noteCount: 1 });

    const list = '{ list(name: "inbox") { notes { title text owner { name } } } }';
    const asBob = await gql(list, bob.accessToken);
    expect(asBob.data.list.notes).toEqual([{ title: 'plan', text: null, owner: { name: null } }]);
    expect(asBob.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'POLICY' });
    const change = 'mutation ($id: ID!) { changeNote(id: $id, text: "changed") { text } }';
    const { id } = added.data.addNote;
    expect((await gql(change, bob.accessToken, { id })).errors[0].extensions.code).toBe('NOTE_UNKNOWN');
    expect((await gql('{ allNotes { id } }', bob.accessToken)).errors[0].extensions).toMatchObject({
      required: { role: 'EDITOR' },
    });

    const promoted = await spawnCommand(['user', 'role', 'bob@example.com', 'EDITOR'], folder, {
      DATA_DIR: join(folder, 'data'),
    }).result();
    expect(promoted.code).toBe(0);
    const editor = (
      await gql(`mutation { login(input: { email: "bob@example.com", password: "${goodPassword}" }) { accessToken } }`)
    ).data.login;
    expect((await gql('{ allNotes { text } }', editor.accessToken)).data.allNotes).toEqual([{ text: 'secret' }]);
    expect((await gql(change, editor.accessToken, { id })).data.changeNote).toEqual({ text: 'changed' });
    expect((await gql('{ me { notes { text } } }', ada.accessToken)).data.me.notes).toEqual([{ text: 'changed' }]);
  });
});
