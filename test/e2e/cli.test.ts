import { createPrivateKey } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import { type CommandResult, runInProcess, spawnCommand } from '../support/command-line.ts';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';
import { type Grant, goodPassword, login, refresh, signup, startServer, type TestServer } from '../support/server.ts';

type RunOptions = {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** How far the clock is ahead. */
  readonly laterMs?: number;
};

/** A new data directory, and command lines that run on it in this process, without a terminal. */
const workspace = (settings: Record<string, string> = {}) => {
  const folder = temporaryFolder();
  const dataDir = join(folder, 'data');
  const run = (line: string, { input = '', env = {}, laterMs = 0 }: RunOptions = {}): Promise<CommandResult> =>
    runInProcess(line.split(' ').filter(Boolean), {
      env: { DATA_DIR: dataDir, ...settings, ...env },
      input,
      clock: () => Date.now() + laterMs,
    });
  const json = async (line: string, options: RunOptions = {}) => JSON.parse((await run(`${line} --json`, options)).out);
  const createUser = (email: string, role = 'USER') =>
    json(`user create --email ${email} --role ${role} --password-stdin`, { input: `${goodPassword}\n` });
  return { folder, dataDir, run, json, createUser };
};

/** The same beside a running server on the same data directory. */
const workspaceWithServer = async () => {
  const here = workspace({ ISSUER: 'http://localhost:4000' });
  const server = await startServer({}, { dataDir: here.dataDir });
  const reasonFor = async (token: string): Promise<unknown> =>
    (await server.gql('{ me { id } }', { token })).errors?.[0]?.extensions['reason'] ?? 'accepted';
  const signIn = async (email: string): Promise<Grant> => (await login(server, email)).data.login;
  return { ...here, server, reasonFor, signIn, signUp: (email: string) => signup(server, email) };
};

/** Something that listens on a port and answers nothing. */
const silentPort = async (): Promise<string> => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return String(typeof address === 'object' && address ? address.port : 0);
};

const outcomes = (explanation: { checks: readonly { check: string; outcome: string }[] }) =>
  Object.fromEntries(explanation.checks.map(({ check, outcome }) => [check, outcome]));

/** What only a process can show. */
describe('the command line as a process', () => {
  it.each([
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [['user', 'list', '--first', '0'], 2, /^$/, /whole number from 1 to 100/],
    [['user', 'list'], 1, /^$/, /no database in named-by-dot-env/],
  ])('%j exits with %i, and reads .env', async (args, code, out, err) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'DATA_DIR=named-by-dot-env\n');
    const result = await spawnCommand(args, folder).result();
    expect(result).toEqual({ code, out: expect.stringMatching(out), err: expect.stringMatching(err) });
  });

  it('ends quietly when the reader of its output has read enough', async () => {
    const { child, exit } = spawnCommand(['schema', 'matrix', '--json'], temporaryFolder());
    let err = '';
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.stdout.destroy();
    expect(await exit).toBe(0);
    expect(err).toBe('');
  });

  it('serve is the server: it answers, and stops on SIGTERM', async () => {
    const folder = temporaryFolder();
    const port = String(await freePort());
    const { child, exit } = spawnCommand(['serve'], folder, { DATA_DIR: join(folder, 'data'), PORT: port });
    const url = `http://127.0.0.1:${port}`;
    await whenListening({ url, child, output: () => '', exit: exit.then((code) => ({ code, signal: null })) });
    expect((await send(url, '{ hello }')).data.hello).toBeTruthy();
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('a session it revokes is rejected by a server in another process at the next request', async () => {
    const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()) };
    const server = spawnServer(env);
    await whenListening(server);
    const mutation = `mutation { signup(input: { email: "ada@example.com", password: "${goodPassword}" }) { accessToken } }`;
    const { accessToken } = (await send(server.url, mutation)).data.signup;
    const me = () => send(server.url, '{ me { email } }', {}, accessToken);
    expect((await me()).data.me.email).toBe('ada@example.com');
    const revoke = spawnCommand(['session', 'revoke', '--user', 'ada@example.com', '--all'], env.DATA_DIR, env);
    expect((await revoke.result()).out).toBe('Ended 1 session of ada@example.com.\n');
    expect((await me()).errors[0].extensions.reason).toBe('TOKEN_REVOKED');
  });
});

describe('the command line', () => {
  it('prints its version and its help, and succeeds', async () => {
    const { run } = workspace();
    const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    const names = ['serve', 'migrate', 'doctor', 'user', 'session', 'apikey', 'client', 'key', 'token', 'schema'];
    for (const name of names) expect(help.out).toContain(`\n  ${name}`);
  });

  it('shows an example for every command in its help', async () => {
    const { run } = workspace();
    let commandCount = 0;
    const check = async (path: string): Promise<void> => {
      const { code, out } = await run(`${path} --help`);
      expect(code).toBe(0);
      const commands = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(out)?.[1] ?? '';
      const names = [...commands.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
      if (names.length === 0) {
        expect(out).toContain(`\nExamples:\n  fieldgate${path}`);
        commandCount += 1;
      }
      for (const name of names) await check(`${path} ${name}`);
    };
    await check('');
    expect(commandCount).toBeGreaterThan(20);
  });

  it.each([
    ['', 'Usage: fieldgate'],
    ['user', 'Usage: fieldgate user'],
    ['usr', 'Did you mean user?'],
    ['user creat', 'Did you mean create?'],
    ['user list --jsn', 'Did you mean --json?'],
    ['user list extra', 'too many arguments'],
    ['user list --first 0', 'whole number from 1 to 100'],
    ['user role ada@example.com BOSS', 'USER, MODERATOR, ADMIN'],
    ['user create --email ada@example.com', '--password-stdin'],
    ['user create --password-stdin', '--email'],
    ['session revoke --user ada@example.com', '--all'],
    ['session revoke 0 --all --user ada@example.com', '--all'],
    ['session revoke 0', '--user'],
    ['key generate --algorithm none', 'ES256'],
    ['apikey create --user ada@example.com', '--name'],
    ['apikey create --user ada@example.com --name x --expires-in-days 366', '1 to 365'],
    ['apikey revoke 0', '--user'],
    ['client create', '--name'],
    ['token explain -', 'no token'],
  ])('"%s" is a usage error, exits with 2, and creates no data directory', async (line, hint) => {
    const { run, dataDir } = workspace();
    const { code, out, err } = await run(line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(hint);
    expect(existsSync(dataDir)).toBe(false);
  });

  it.each([
    'user list',
    'user role ada@example.com ADMIN',
    'user disable ada@example.com',
    'session list --user ada@example.com',
    'client list',
    'session revoke --all --user ada@example.com',
    'apikey create --user ada@example.com --name x',
    'apikey list --user ada@example.com',
    'token explain x',
  ])('"%s" says that there is no database, and creates none', async (line) => {
    const { run, dataDir } = workspace();
    expect(await run(line)).toEqual({
      code: 1,
      out: '',
      err: `fieldgate: There is no database in ${dataDir} yet. Start the server or run \`fieldgate migrate\`.\n`,
    });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('names every problem of the configuration, and no value', async () => {
    const { run } = workspace({ PORT: 'a secret', ACCESS_TOKEN_TTL: 'a secret' });
    const { code, err } = await run('user list');
    expect(code).toBe(1);
    expect(err).toMatch(/PORT .*\n.*ACCESS_TOKEN_TTL /);
    expect(err).not.toContain('a secret');
  });

  it('migrate creates the database once', async () => {
    const { json } = workspace();
    expect((await json('migrate')).applied).not.toEqual([]);
    expect((await json('migrate')).applied).toEqual([]);
    expect(await json('user list')).toEqual({ users: [], next: null });
  });
});

describe('user', () => {
  it('create creates an account, and the database too, and reads the password from standard input', async () => {
    const { json, createUser } = workspace();
    const user = await createUser('Ada@Example.com', 'admin');
    expect(user).toMatchObject({ email: 'ada@example.com', name: null, role: 'ADMIN', disabledAt: null });
    expect((await json('user list')).users).toEqual([user]);
  });

  it('create prompts on a terminal for email and password, and shows the password nowhere', async () => {
    const { dataDir, json } = workspace();
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const written = { out: '', err: '' };
    const answers: readonly (readonly [question: string, answer: string])[] = [
      ['Email: ', 'ada@example.com'],
      ['not shown): ', goodPassword],
      ['Repeat the password: ', goodPassword],
    ];
    const code = await runCommandLine(['user', 'create', '--role', 'ADMIN'], {
      environment: () => ({ DATA_DIR: dataDir }),
      clock: Date.now,
      folder: dataDir,
      stdin,
      stdout: { write: (text) => (written.out += text), isTTY: true },
      stderr: {
        write: (text) => {
          written.err += text;
          const answer = answers.find(([question]) => text.endsWith(question))?.[1];
          if (answer !== undefined) setImmediate(() => stdin.write(`${answer}\r`));
        },
        isTTY: true,
      },
    });
    expect({ code, err: written.err }).toEqual({ code: 0, err: expect.stringContaining('ada@example.com') });
    expect(written.out + written.err).not.toContain(goodPassword);
    expect((await json('user list')).users).toMatchObject([{ email: 'ada@example.com', role: 'ADMIN' }]);
  });

  it.each([
    ['--email ada@example.com', 'short', 'at least 15'],
    ['--email ada', goodPassword, 'not an email address'],
  ])('create rejects what sign-up rejects: %s with "%s"', async (options, input, sentence) => {
    const { run } = workspace();
    const result = await run(`user create ${options} --password-stdin`, { input });
    expect(result).toMatchObject({ code: 1, out: '' });
    expect(result.err).toContain(sentence);
  });

  it('create rejects an email that is taken, in any spelling', async () => {
    const { run, createUser } = workspace();
    await createUser('ada@example.com');
    const again = await run('user create --email ADA@example.com --password-stdin', { input: goodPassword });
    expect(again).toMatchObject({ code: 1, out: '' });
  });

  it('list goes page by page, and finds by a part of email or name', async () => {
    const { run, json, createUser } = workspace();
    const [ada, bob] = [await createUser('ada@example.com'), await createUser('bob@example.com')];
    const first = await json('user list --first 1');
    expect(first).toEqual({ users: [ada], next: ada.id });
    expect(await json(`user list --first 1 --after ${first.next}`)).toEqual({ users: [bob], next: null });
    expect((await json('user list --search BOB')).users).toEqual([bob]);
    expect((await run('user list --first 1')).err).toContain(`--after ${ada.id}`);
  });

  it('list is aligned plain text in a pipe, and shows no control characters of others', async () => {
    const { run } = workspace();
    const input = goodPassword;
    await run('user create --email ada@example.com --name a\u202eb --password-stdin', { input });
    const { out } = await run('user list');
    const [head = '', row = ''] = out.split('\n');
    expect(head).toMatch(/^ID +EMAIL +NAME +ROLE +CREATED +STATE$/);
    expect(row.indexOf('ada@example.com')).toBe(head.indexOf('EMAIL'));
    expect(row).toContain('a\\u{202e}b');
    expect(out).not.toMatch(/[^\n\x20-\x7e]/);
  });

  it('unlock says whether there was a lock, and fails for an unknown account', async () => {
    const { run, json, createUser } = workspace();
    const { id } = await createUser('ada@example.com');
    expect((await run('user unlock ada@example.com')).out).toContain('was not locked');
    expect(await json('user unlock ada@example.com')).toMatchObject({ id });
    expect(await run('user unlock x@example.com')).toMatchObject({ code: 1, out: '' });
  });

  it('role, disable and enable say which account they changed, and fail for an unknown one', async () => {
    const { run, json, createUser } = workspace();
    const { id } = await createUser('ada@example.com');
    expect(await json(`user role ${id} moderator`)).toMatchObject({ id, role: 'MODERATOR' });
    expect((await json('user disable ADA@example.com')).disabledAt).toMatch(/^\d{4}-.*Z$/);
    expect((await run('user list')).out).toContain('disabled');
    expect((await json('user enable ada@example.com')).disabledAt).toBeNull();
    for (const line of ['user role x@example.com ADMIN', `user disable ${id.replace(/.$/, 'x')}`, 'user enable 0']) {
      expect(await run(line)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no account') });
    }
  });
});

describe('beside a running server', () => {
  it('unlock lets a locked account sign in again at once', async () => {
    const { server, run, signUp, signIn } = await workspaceWithServer();
    await signUp('ada@example.com');
    for (let n = 0; n < 5; n += 1) await login(server, 'ada@example.com', `wrong ${n}`);
    expect((await login(server, 'ada@example.com')).data?.login).toBeUndefined();
    expect((await run('user unlock ADA@example.com')).out).toBe(
      'ada@example.com can sign in again; its failed sign-ins no longer count.\n',
    );
    expect((await signIn('ada@example.com')).user.email).toBe('ada@example.com');
  });

  it('a revoked session is rejected by the server at the next request', async () => {
    const { run, json, signUp, signIn, reasonFor } = await workspaceWithServer();
    const one = await signUp('ada@example.com');
    const two = await signIn('ada@example.com');
    const listed = await json('session list --user ada@example.com');
    expect(listed.sessions.map(({ id }: { id: string }) => id)).toEqual([two.session.id, one.session.id]);
    expect((await run('session list --user ada@example.com')).out).toContain(one.session.id);

    expect(await json(`session revoke ${one.session.id} --user ada@example.com`)).toEqual({ endedSessions: 1 });
    expect([await reasonFor(one.accessToken), await reasonFor(two.accessToken)]).toEqual(['TOKEN_REVOKED', 'accepted']);
    expect(await run(`session revoke ${one.session.id} --user ada@example.com`)).toMatchObject({ code: 1, out: '' });
    expect(await json(`session revoke --all --user ${two.user.id}`)).toEqual({ endedSessions: 1 });
    expect(await reasonFor(two.accessToken)).toBe('TOKEN_REVOKED');
    expect(await json('session list --user ada@example.com')).toEqual({ sessions: [], next: null });
  });

  it('a session of another account is not revoked', async () => {
    const { run, signUp, reasonFor } = await workspaceWithServer();
    const [ada] = [await signUp('ada@example.com'), await signUp('bob@example.com')];
    expect((await run(`session revoke ${ada.session.id} --user bob@example.com`)).code).toBe(1);
    expect(await reasonFor(ada.accessToken)).toBe('accepted');
  });

  it('a created administrator can sign in; a new role makes its tokens stale, and disabling it revokes them', async () => {
    const { json, createUser, signIn, reasonFor } = await workspaceWithServer();
    await createUser('root@example.com', 'ADMIN');
    const root = await signIn('root@example.com');
    expect([root.user.role, await reasonFor(root.accessToken)]).toEqual(['ADMIN', 'accepted']);
    await createUser('next@example.com', 'ADMIN');
    await json('user role root@example.com USER');
    expect(await reasonFor(root.accessToken)).toBe('TOKEN_STALE');
    await json('user disable root@example.com');
    expect(await reasonFor(root.accessToken)).toBe('TOKEN_REVOKED');
  });

  it('doctor passes every check, and sees that the server has the port', async () => {
    const { dataDir, run, json } = workspace({ ISSUER: 'http://localhost:4000' });
    const server = await startServer({}, { dataDir });
    const env = { PORT: new URL(server.url).port };
    const { ok, checks } = await json('doctor', { env });
    expect(checks.filter(({ status }: { status: string }) => status !== 'ok')).toEqual([]);
    expect(ok).toBe(true);
    expect((await run('doctor', { env })).out).toContain(`A server is running on 127.0.0.1:${env.PORT}`);
    await server.stop();
    expect((await run('doctor', { env })).out).toContain('is free');
  });
});

describe('client', () => {
  const tokenFor = async (server: TestServer, id: string, secret: string) => {
    const response = await server.fetch('/token', {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };

  it('that is created gets tokens at once, with its rotated secret too, and none once it is disabled', async () => {
    const { run, json, server } = await workspaceWithServer();
    const { client, secret } = await json('client create --name till --scope orders:read --scope orders:write');
    expect(client).toMatchObject({ name: 'till', scopes: ['orders:read', 'orders:write'], disabledAt: null });
    const { body } = await tokenFor(server, client.id, secret);
    expect(body.scope).toBe('orders:read orders:write');
    const rotated = await json(`client rotate ${client.id}`);
    expect((await tokenFor(server, client.id, rotated.secret)).status).toBe(200);
    const reason = async () =>
      (await server.gql('{ viewer { kind } }', { token: body.access_token })).errors?.[0]?.extensions['reason'] ??
      'accepted';
    expect(await reason()).toBe('accepted');
    const explained = await json(`token explain ${body.access_token}`);
    expect(explained).toMatchObject({ accepted: true, account: null, client: { id: client.id, name: 'till' } });
    expect(outcomes(explained)).toMatchObject({ claims: 'passed', client: 'passed' });
    expect((await json(`client disable ${client.id}`)).disabledAt).toEqual(expect.any(String));
    expect(await reason()).toBe('TOKEN_REVOKED');
    const after = await json(`token explain ${body.access_token}`);
    expect([after.reason, outcomes(after)['client']]).toEqual(['TOKEN_REVOKED', 'failed']);
    expect((await tokenFor(server, client.id, rotated.secret)).status).toBe(401);
    const off = await run(`client rotate ${client.id}`);
    expect([off.code, off.out, off.err]).toEqual([1, '', expect.stringContaining('no service client')]);
  });

  it('is listed for people and scripts, and its secret stands alone on standard output', async () => {
    const { run, json } = workspace();
    await run('migrate');
    expect(await json('client list')).toEqual({ clients: [], next: null });
    const { out, err } = await run('client create --name till --scope orders:read');
    expect(out).toMatch(/^fgc_[\w-]{43}\n$/);
    expect(err).toContain('Created till with the id');
    const { clients } = await json('client list');
    expect(clients).toMatchObject([{ name: 'till', scopes: ['orders:read'], previousSecretExpiresAt: null }]);
    const table = (await run('client list')).out;
    expect(table).toContain(`${clients[0].id}  till`);
    expect(table).not.toContain(out.trim());
    expect((await run('client create --name till --scope everything')).err).toContain('resource:action');
    expect(err).toContain("No field of this server's schema asks for orders:read");
    expect((await run('client create --name reader --scope users:read')).err).not.toContain('No field');
    expect((await run('client disable 0')).code).toBe(1);
  });
});

describe('token explain', () => {
  it('K04: agrees with the server about an API key, and does not count as a use of it', async () => {
    const { json, run, signUp } = await workspaceWithServer();
    await signUp('ada@example.com');
    const { secret, apiKey } = await json('apikey create --user ada@example.com --name nightly --scope account:read');
    const explain = (text: string) => json(`token explain ${text}`);
    expect(await explain(secret)).toMatchObject({
      ...{ type: 'api-key', accepted: true, account: { email: 'ada@example.com' } },
      apiKey: { id: apiKey.id, name: 'nightly', scopes: ['account:read'] },
    });
    expect(outcomes(await explain(`${secret.slice(0, -1)}_`))).toMatchObject({ form: 'failed', key: 'not checked' });
    expect((await json('apikey list --user ada@example.com')).apiKeys[0].lastUsedAt).toBeNull();
    await json('user disable ada@example.com');
    expect(outcomes(await explain(secret))).toEqual({ form: 'passed', key: 'passed', owner: 'failed' });
    await json(`apikey revoke ${apiKey.id} --user ada@example.com`);
    const revoked = await run(`token explain ${secret}`);
    expect([revoked.code, revoked.out]).toEqual([1, expect.stringContaining('not accepted now (TOKEN_REVOKED)')]);
    expect(revoked.out).not.toContain(secret);
  });

  it('agrees with the server at every turn of an access token’s life', async () => {
    const { run, json, signUp, reasonFor } = await workspaceWithServer();
    const { accessToken } = await signUp('ada@example.com');
    const accepted = await json(`token explain ${accessToken}`);
    expect(accepted).toMatchObject({ type: 'access', accepted: true, reason: null, account: { role: 'USER' } });
    expect(new Set(Object.values(outcomes(accepted)))).toEqual(new Set(['passed']));
    expect((await run(`token explain ${accessToken}`)).code).toBe(0);

    await json('user role ada@example.com MODERATOR');
    const stale = await json(`token explain ${accessToken}`);
    expect(stale).toMatchObject({ accepted: false, reason: await reasonFor(accessToken) });
    expect(outcomes(stale)).toMatchObject({ expiry: 'passed', session: 'passed', role: 'failed' });

    await json('session revoke --all --user ada@example.com');
    const revoked = await json(`token explain ${accessToken}`);
    expect(revoked).toMatchObject({ accepted: false, reason: await reasonFor(accessToken), session: null });
    expect(outcomes(revoked)).toMatchObject({ expiry: 'passed', session: 'failed', role: 'not checked' });
    expect((await run(`token explain ${accessToken}`)).code).toBe(1);
  });

  it('says which check failed, makes none after it, and shows no signature', async () => {
    const { run, json, signUp } = await workspaceWithServer();
    const { accessToken } = await signUp('ada@example.com');
    const [header = '', payload = '', signature = ''] = accessToken.split('.');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const part = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
    const withHeader = (change: object) => `${encode({ ...part(header), ...change })}.${payload}.${signature}`;
    const cases: readonly (readonly [token: string, failed: string, words: string])[] = [
      ['hello', 'form', 'is this a token at all'],
      [`${header}.${payload}`, 'form', 'cut off'],
      [withHeader({ jku: 'https://evil.example' }), 'header', 'jku'],
      [withHeader({ typ: 'JWT' }), 'type', '\\"JWT\\"'],
      [withHeader({ alg: 'none' }), 'algorithm', 'none'],
      [withHeader({ alg: 'RS256' }), 'algorithm', 'only for ES256'],
      [withHeader({ kid: 'other\u001b[2J' }), 'key', 'another server signed it'],
      [`${header}.${encode({ ...part(payload), role: 'ADMIN' })}.${signature}`, 'signature', 'altered or forged'],
    ];
    for (const [token, failed, words] of cases) {
      const { code, out } = await run('token explain - --json', { input: `Bearer ${token}\n` });
      const explanation = JSON.parse(out);
      expect(explanation, failed).toMatchObject({ accepted: false, reason: 'TOKEN_INVALID', account: null });
      expect(code).toBe(1);
      const results = Object.entries(outcomes(explanation));
      const position = results.findIndex(([check]) => check === failed);
      expect(results.map(([, outcome]) => outcome)).toEqual(
        results.map((_, i) => (i < position ? 'passed' : i === position ? 'failed' : 'not checked')),
      );
      expect(out).toContain(words);
      expect(out).not.toContain(signature);
      expect(out).not.toContain('\u001b');
      expect((await run(`token explain ${token}`)).out).not.toContain('\u001b');
    }
    const elsewhere = await json(`token explain ${accessToken}`, {
      env: { ISSUER: 'https://other.example', AUDIENCE: 'x' },
    });
    expect(outcomes(elsewhere)).toMatchObject({ signature: 'passed', issuer: 'failed', audience: 'not checked' });
    const audience = await json(`token explain ${accessToken}`, { env: { AUDIENCE: 'https://other.example' } });
    expect(outcomes(audience)).toMatchObject({ issuer: 'passed', audience: 'failed' });
  });

  it('follows a refresh token through its life, and neither spends nor shows it', async () => {
    const { run, json, server, signUp } = await workspaceWithServer();
    const first = (await signUp('ada@example.com')).refreshToken;
    const explain = async (token: string, env: Record<string, string> = {}) => {
      const { code, out } = await run('token explain - --json', { input: token, env });
      expect(out).not.toContain(token);
      const { accepted, reason, checks } = JSON.parse(out);
      expect(code).toBe(accepted ? 0 : 1);
      return [accepted, reason, checks.at(-1).detail];
    };
    const invalid = 'REFRESH_TOKEN_INVALID';
    expect(await explain(first)).toEqual([true, null, expect.stringContaining('unused')]);
    expect(await explain(first)).toEqual([true, null, expect.stringContaining('unused')]);
    const second = (await refresh(server, first)).data.refresh.refreshToken;
    expect(await explain(first, { REFRESH_REUSE_WINDOW: '60s' })).toEqual([
      true,
      null,
      expect.stringContaining('same successor'),
    ]);
    expect(await explain(first, { REFRESH_REUSE_WINDOW: '0s' })).toEqual([
      false,
      invalid,
      expect.stringContaining('would end the session'),
    ]);
    expect(await explain(second)).toEqual([true, null, expect.stringContaining('unused')]);
    expect(await explain(`${second.slice(0, -5)}`)).toEqual([false, invalid, '']);
    await json('session revoke --all --user ada@example.com');
    expect(await explain(second)).toEqual([false, invalid, '']);
  });

  it('tells an expired token from its session, which may live on', async () => {
    const { json, signUp } = await workspaceWithServer();
    const { accessToken } = await signUp('ada@example.com');
    const explanation = await json(`token explain ${accessToken}`, { laterMs: 20 * 60_000 });
    expect(explanation).toMatchObject({ accepted: false, reason: 'TOKEN_EXPIRED' });
    expect(outcomes(explanation)).toMatchObject({
      start: 'passed',
      expiry: 'failed',
      session: 'passed',
      role: 'passed',
    });
  });
});

describe('apikey', () => {
  it('create prints a key, once, that the running server accepts until it is revoked', async () => {
    const { run, json, server, signUp } = await workspaceWithServer();
    const { user } = await signUp('ada@example.com');
    const made = await run('apikey create --user ada@example.com --name nightly --scope account:read --scope *:read');
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('shown only once') });
    const secret = made.out.trim();
    expect(secret).toMatch(/^fg_[0-9a-f]{32}_[0-9A-Za-z]{49}$/);
    const ask = () => server.gql('{ me { id } }', { headers: { 'x-api-key': secret } });
    expect((await ask()).data.me.id).toBe(user.id);

    const { apiKeys } = await json('apikey list --user ada@example.com');
    expect(apiKeys).toMatchObject([{ name: 'nightly', scopes: ['account:read', '*:read'], userId: user.id }]);
    expect(JSON.stringify(apiKeys)).not.toContain(secret.slice(36, 79));
    expect((await run('apikey list --user ada@example.com')).out).toMatch(
      /nightly +account:read \*:read .*expires in 89 days/,
    );

    const revoked = await json(`apikey revoke ${apiKeys[0].id} --user ada@example.com`);
    expect(revoked.revokedAt).toEqual(expect.any(String));
    expect((await ask()).codes).toEqual(['UNAUTHENTICATED TOKEN_REVOKED']);
    expect((await run('apikey list --user ada@example.com')).out).toContain('revoked');
  });

  it('create --json prints the key with its fields; an unknown scope is answered with those that exist', async () => {
    const { run, json, createUser } = workspace();
    await createUser('ada@example.com');
    const { apiKey, secret } = await json('apikey create --user ada@example.com --name x --expires-in-days 1');
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect(Date.parse(apiKey.expiresAt) - Date.now()).toBeLessThanOrEqual(86_400_000);
    const wrong = await run('apikey create --user ada@example.com --name x --scope account:raed');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('account:read');
    expect((await run(`apikey revoke ${crypto.randomUUID()} --user ada@example.com`)).code).toBe(1);
  });
});

describe('key', () => {
  it('generate prints a key set with a private key, which key list accepts as JWT_KEYS', async () => {
    const { run, json, folder } = workspace();
    const { out } = await run('key generate --algorithm es384');
    const [key] = JSON.parse(out).keys;
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-384', alg: 'ES384', use: 'sig' });
    expect(createPrivateKey({ key, format: 'jwk' }).type).toBe('private');
    const file = join(folder, 'keys.json');
    writeFileSync(file, out, { mode: 0o600 });
    expect(await json('key list', { env: { JWT_KEYS: file, JWT_ALGORITHM: 'ES384' } })).toEqual({
      keys: [
        { kid: key.kid, algorithm: 'ES384', state: 'current', since: null, until: null, signs: true, verifies: true },
      ],
    });
  });

  it('generate writes a file that only its owner can read, prints nothing of it, and overwrites none', async () => {
    const { run, folder } = workspace();
    const file = join(folder, 'keys.json');
    const made = await run(`key generate --out ${file}`);
    const text = readFileSync(file, 'utf8');
    const [key] = JSON.parse(text).keys;
    expect(key.alg).toBe('ES256');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(made.out + made.err).not.toContain(key.d);
    expect(await run(`key generate --out ${file}`)).toMatchObject({ code: 1, out: '' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('list shows names and never key material, and creates no keys', async () => {
    const { run, folder, dataDir } = workspace();
    expect(await run('key list')).toMatchObject({ code: 1, err: expect.stringContaining('no signing keys') });
    expect(existsSync(dataDir)).toBe(false);
    const file = join(folder, 'keys.json');
    await run(`key generate --out ${file}`);
    const [key] = JSON.parse(readFileSync(file, 'utf8')).keys;
    const { out } = await run('key list', { env: { JWT_KEYS: file } });
    expect(out).toContain(`${key.kid}  ES256`);
    for (const secret of [key.d, key.x, key.y]) expect(out).not.toContain(secret);
  });
});

describe('doctor', () => {
  const statusOf = async (
    run: ReturnType<typeof workspace>['run'],
    check: string,
    env: Record<string, string> = {},
  ) => {
    const { code, out } = await run('doctor --json', { env });
    const found = JSON.parse(out).checks.filter((entry: { check: string }) => entry.check === check);
    return { code, found: found.map(({ status }: { status: string }) => status), text: JSON.stringify(found) };
  };

  it('changes nothing, and warns of a database that does not exist yet', async () => {
    const { run, dataDir } = workspace({ PORT: '0' });
    expect(await statusOf(run, 'database')).toMatchObject({ code: 0, found: ['warn'] });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('fails with every problem of the configuration', async () => {
    const { run } = workspace({ PORT: 'x', NODE_ENV: 'production' });
    expect(await statusOf(run, 'configuration')).toMatchObject({ code: 1, found: ['fail', 'fail'] });
  });

  it('warns of keys and a database that others can read, with the command that corrects it', async () => {
    const { run, dataDir } = workspace({ PORT: '0' });
    mkdirSync(dataDir, { mode: 0o755 });
    await run('migrate');
    await run(`key generate --out ${dataDir}/signing-keys.json`);
    chmodSync(join(dataDir, 'fieldgate.sqlite'), 0o644);
    chmodSync(join(dataDir, 'signing-keys.json'), 0o644);
    chmodSync(dataDir, 0o755);
    const directory = await statusOf(run, 'data directory');
    expect(directory).toMatchObject({ code: 0, found: ['warn'] });
    expect(directory.text).toContain(`chmod 700 ${dataDir}`);
    expect((await statusOf(run, 'key file')).text).toContain('chmod 600');
    chmodSync(dataDir, 0o700);
    chmodSync(join(dataDir, 'signing-keys.json'), 0o600);
    expect(await statusOf(run, 'data directory')).toMatchObject({ found: ['ok'] });
    expect(await statusOf(run, 'key file')).toMatchObject({ found: [] });
  });

  it('fails for an invalid database, invalid keys, and a port that something else listens on', async () => {
    const { run, dataDir } = workspace();
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, 'fieldgate.sqlite'), 'not a database, but long enough to be taken for one'.repeat(99));
    writeFileSync(join(dataDir, 'signing-keys.json'), '{"keys":[{"kty":"EC","d":"hush"}]}', { mode: 0o600 });
    const port = await silentPort();
    const { code, out } = await run('doctor --json', { env: { PORT: port } });
    const failed = JSON.parse(out).checks.filter(({ status }: { status: string }) => status === 'fail');
    expect(code).toBe(1);
    expect(failed.map(({ check }: { check: string }) => check)).toEqual(['keys', 'database', 'port']);
    expect(out).not.toContain('hush');
  });

  it('fails for a clock behind the newest record', async () => {
    const { run, createUser } = workspace({ PORT: '0' });
    await createUser('ada@example.com');
    await run('user create --email bob@example.com --password-stdin', {
      input: goodPassword,
      laterMs: 20 * 60_000,
    });
    expect(await statusOf(run, 'clock')).toMatchObject({ code: 1, found: ['fail'] });
  });
});

describe('schema matrix', () => {
  /** Reviewed when access changes: a for allow, - for deny, p for a policy, in the order of the heading. */
  const reviewed = `
    ANONYMOUS USER MODERATOR ADMIN
    aaaa ApiKey.createdAt
    aaaa ApiKey.expiresAt
    aaaa ApiKey.id
    aaaa ApiKey.lastUsedAt
    aaaa ApiKey.name
    aaaa ApiKey.prefix
    aaaa ApiKey.revokedAt
    aaaa ApiKey.scopes
    aaaa ApiKeyConnection.edges
    aaaa ApiKeyConnection.pageInfo
    aaaa ApiKeyEdge.cursor
    aaaa ApiKeyEdge.node
    aaaa AuthEvent.actor
    aaaa AuthEvent.id
    aaaa AuthEvent.ip
    aaaa AuthEvent.metadata
    aaaa AuthEvent.outcome
    aaaa AuthEvent.reason
    aaaa AuthEvent.requestId
    aaaa AuthEvent.sessionId
    aaaa AuthEvent.time
    aaaa AuthEvent.type
    aaaa AuthEvent.user
    aaaa AuthEvent.userAgent
    aaaa AuthEvent.userId
    aaaa AuthEventActor.id
    aaaa AuthEventActor.kind
    aaaa AuthEventConnection.edges
    aaaa AuthEventConnection.pageInfo
    aaaa AuthEventEdge.cursor
    aaaa AuthEventEdge.node
    aaaa AuthEventMetadata.name
    aaaa AuthEventMetadata.value
    aaaa AuthPayload.accessToken
    aaaa AuthPayload.expiresIn
    aaaa AuthPayload.refreshToken
    aaaa AuthPayload.session
    aaaa AuthPayload.tokenType
    aaaa AuthPayload.user
    aaaa CreateApiKeyPayload.apiKey
    aaaa CreateApiKeyPayload.secret
    aaaa Identity.createdAt
    aaaa Identity.email
    aaaa Identity.id
    aaaa Identity.lastUsedAt
    aaaa Identity.provider
    aaaa IdentityConnection.edges
    aaaa IdentityConnection.pageInfo
    aaaa IdentityEdge.cursor
    aaaa IdentityEdge.node
    aaaa LinkIdentityPayload.identity
    aaaa LogoutPayload.endedSessions
    -aaa Mutation.changePassword
    -aaa Mutation.createApiKey
    ---a Mutation.createServiceClient
    ---a Mutation.disableServiceClient
    ---a Mutation.disableUser
    ---a Mutation.enableUser
    -aaa Mutation.linkIdentity
    aaaa Mutation.login
    aaaa Mutation.loginWithProvider
    aaaa Mutation.logout
    aaaa Mutation.refresh
    -aaa Mutation.revokeApiKey
    -aaa Mutation.revokeSession
    ---a Mutation.revokeUserSessions
    ---a Mutation.rotateServiceClientSecret
    ---a Mutation.setUserRole
    aaaa Mutation.signup
    -aaa Mutation.unlinkIdentity
    ---a Mutation.unlockUser
    aaaa PageInfo.endCursor
    aaaa PageInfo.hasNextPage
    aaaa PageInfo.hasPreviousPage
    aaaa PageInfo.startCursor
    -aaa Query.apiKeys
    ---a Query.authEvents
    aaaa Query.hello
    -aaa Query.identities
    -aaa Query.me
    -aaa Query.securityEvents
    ---a Query.serviceClients
    -aaa Query.sessions
    -aaa Query.user
    --aa Query.users
    aaaa Query.viewer
    aaaa RevokeApiKeyPayload.apiKey
    aaaa RevokeSessionPayload.id
    ---a ServiceClient.createdAt
    ---a ServiceClient.disabledAt
    ---a ServiceClient.id
    ---a ServiceClient.name
    ---a ServiceClient.previousSecretExpiresAt
    ---a ServiceClient.scopes
    aaaa ServiceClientConnection.edges
    aaaa ServiceClientConnection.pageInfo
    aaaa ServiceClientEdge.cursor
    ---a ServiceClientEdge.node
    ---a ServiceClientSecretPayload.client
    ---a ServiceClientSecretPayload.secret
    aaaa Session.authenticatedAt
    aaaa Session.createdAt
    aaaa Session.current
    aaaa Session.expiresAt
    aaaa Session.id
    aaaa Session.ip
    aaaa Session.lastSeenAt
    aaaa Session.userAgent
    aaaa SessionConnection.edges
    aaaa SessionConnection.pageInfo
    aaaa SessionEdge.cursor
    aaaa SessionEdge.node
    aaaa SignInChallenge.expiresIn
    aaaa SignInChallenge.handle
    aaaa SignInChallenge.methods
    aaaa SignInChallenge.token
    aaaa SignInPayload.accessToken
    aaaa SignInPayload.challenge
    aaaa SignInPayload.expiresIn
    aaaa SignInPayload.refreshToken
    aaaa SignInPayload.session
    aaaa SignInPayload.status
    aaaa SignInPayload.tokenType
    aaaa SignInPayload.user
    aaaa UnlinkIdentityPayload.id
    pppp User.createdAt
    --aa User.disabledAt
    pppp User.email
    pppp User.hasPassword
    aaaa User.id
    pppp User.identities
    aaaa User.name
    pppp User.role
    aaaa UserConnection.edges
    aaaa UserConnection.pageInfo
    aaaa UserEdge.cursor
    aaaa UserEdge.node
    aaaa Viewer.expiresAt
    aaaa Viewer.kind
    aaaa Viewer.role
    aaaa Viewer.scopes
    aaaa Viewer.user`;

  it('says who may read what, as it was reviewed', async () => {
    const { json } = workspace();
    const letters: Record<string, string> = { allow: 'a', deny: '-', policy: 'p' };
    const { roles, fields } = await json('schema matrix');
    expect(roles).toEqual(['USER', 'MODERATOR', 'ADMIN']);
    const lines = fields.map(
      ({ coordinate, access }: { coordinate: string; access: Record<string, string> }) =>
        `${Object.values(access)
          .map((word) => letters[word])
          .join('')} ${coordinate}`,
    );
    expect(lines).toEqual(
      reviewed
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    );
    expect(Object.keys(fields[0].access).join(' ').toUpperCase()).toBe(reviewed.trim().split('\n')[0]);
  });

  it('K05: every mutation that is not public requires a session', async () => {
    const { json } = workspace();
    const { fields }: { fields: readonly { coordinate: string; scopes: unknown; public: boolean }[] } =
      await json('schema matrix');
    const guarded = fields.filter((field) => field.coordinate.startsWith('Mutation.') && !field.public);
    expect(guarded.length).toBeGreaterThan(5);
    for (const { coordinate, scopes } of guarded)
      expect([coordinate, scopes]).toEqual([coordinate, [[['interactive']]]]);
  });

  it('is a table with notes, and needs no configuration, data or keys', async () => {
    const { run, dataDir } = workspace({ NODE_ENV: 'production' });
    const { code, out } = await run('schema matrix');
    expect(code).toBe(0);
    expect(out).toMatch(/^FIELD +anonymous +USER +MODERATOR +ADMIN +NOTE\n/);
    expect(out).toMatch(/\nMutation\.login +allow +allow +allow +allow +@public\n/);
    expect(out).toMatch(/\nQuery\.users +deny +deny +allow +allow +scopes users:read\n/);
    expect(out).toMatch(
      /\nUser\.email .* policy selfOrModerator; reached only through \w+\.\w+, \w+\.\w+ and \d+ more\n/,
    );
    expect(existsSync(dataDir)).toBe(false);
  });
});
