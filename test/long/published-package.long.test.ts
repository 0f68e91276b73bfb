import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';

const root = new URL('../..', import.meta.url).pathname;
const temporary = mkdtempSync(join(tmpdir(), 'fieldgate-published-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The Node that runs this test comes first, as it would for a user who has only that one. */
const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;

/** The output, whether the command succeeds or not. */
const run = async (cwd: string, command: string, ...args: readonly string[]) => {
  const options = { cwd, env: { ...process.env, PATH } };
  return promisify(execFile)(command, args, options).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error) => ({ code: Number(error.code), output: `${error.stdout}${error.stderr}` }),
  );
};

const install = async (folder: string, ...packages: readonly string[]): Promise<void> => {
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await run(folder, 'npm', 'install', ...flags, ...packages);
  if (code !== 0) throw new Error(output);
};

/** What was built before the tests, as it would be published. */
const pack = async () => {
  const flags = ['--workspaces', '--include-workspace-root', '--ignore-scripts', '--pack-destination', temporary];
  const { output } = await run(root, 'npm', 'pack', '--silent', '--json', ...flags);
  const packed: { filename: string; files: { path: string }[] }[] = Object.values(JSON.parse(output));
  return packed;
};

let packed: Awaited<ReturnType<typeof pack>>;
beforeAll(async () => {
  packed = await pack();
}, 60_000);

describe('the metadata of the packages', () => {
  it.each(['package.json', 'packages/guard/package.json'])('%s says where it comes from and what it is for', (file) => {
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
    expect(manifest).toMatchObject({
      repository: { type: 'git', url: 'git+https://github.com/fieldgate/fieldgate.git' },
      bugs: 'https://github.com/fieldgate/fieldgate/issues',
      homepage: expect.stringContaining('https://github.com/fieldgate/fieldgate'),
      license: 'MIT',
    });
    expect(manifest.keywords.length).toBeGreaterThan(5);
    expect(manifest.description.length).toBeGreaterThan(40);
  });

  it('the server brings its documents', () => {
    const paths = packed.flatMap(({ files }) => files.map(({ path }) => path));
    for (const path of ['docs/deployment.md', 'docs/configuration.md', 'CHANGELOG.md', '.env.example']) {
      expect(paths).toContain(path);
    }
  });
});

describe('the types, with skipLibCheck off', () => {
  const project = join(temporary, 'types');
  const source = `
    import { ConfigError, createFieldgate, type Fieldgate, SigningKeysError, StartError } from 'fieldgate';
    import { createServer } from 'node:http';
    import { bearer, guardSchema, viewerOf, type Viewer } from '@fieldgate/guard';
    import { CodedError } from '@fieldgate/guard/core';
    import { readCookie } from '@fieldgate/guard/server';
    import { buildSchema } from 'graphql';
    const fieldgate: Fieldgate = await createFieldgate({ env: process.env });
    createServer(fieldgate.listener).listen(4000);
    const schema = guardSchema(buildSchema('type Query { hello: String @public }'));
    const viewer: Viewer = viewerOf({});
    const verify = () => ({ kind: 'invalid', reason: 'TOKEN_INVALID' }) as const;
    const authenticate = bearer({ verify, checkSession: null, checkServiceToken: null });
    export { authenticate, CodedError, ConfigError, readCookie, schema, SigningKeysError, StartError, viewer };`;
  beforeAll(async () => {
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(project, 'index.ts'), source);
    writeFileSync(join(project, 'yoga.ts'), "export { useFieldgate } from '@fieldgate/guard/yoga';");
    await install(
      project,
      ...packed.map(({ filename }) => join(temporary, filename)),
      ...['graphql@^17.1.0', 'graphql-yoga@^5.24.1', '@types/node@^24', 'typescript-5@npm:typescript@~5.9.3'],
    );
  }, 120_000);

  const compilers = {
    '5.9': () => join(project, 'node_modules/typescript-5/lib/tsc.js'),
    '7': () => join(root, 'node_modules/typescript/bin/tsc'),
  } as const;

  it.each([
    ['5.9', 'nodenext', 'nodenext'],
    ['5.9', 'esnext', 'bundler'],
    ['7', 'nodenext', 'nodenext'],
    ['7', 'esnext', 'bundler'],
  ] as const)(
    'check with TypeScript %s, module %s, resolution %s',
    async (version, module, resolution) => {
      const flags = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
      const target = ['--target', 'es2024', '--lib', 'es2024,esnext.disposable', '--types', 'node'];
      const how = ['--module', module, '--moduleResolution', resolution];
      const compiler = compilers[version]();
      const { output } = await run(project, 'node', compiler, ...flags, ...target, ...how, 'index.ts');
      expect(output).toBe('');
      // graphql-yoga 5.24 itself fails this check, in the lru-cache 10 that it brings; nothing of ours may.
      const withYoga = (await run(project, 'node', compiler, ...flags, ...target, ...how, 'yoga.ts')).output;
      expect(
        withYoga.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('node_modules/graphql-yoga/')),
      ).toEqual([]);
    },
    120_000,
  );
});

describe('the supported versions of Node', () => {
  const folder = (version: string): string => join(temporary, `node-${version}`);
  const nodeOf = async (version: string): Promise<string> => {
    mkdirSync(folder(version));
    writeFileSync(join(folder(version), 'package.json'), '{ "private": true, "allowScripts": { "node": true } }');
    await install(folder(version), `node@${version}`);
    return join(folder(version), 'node_modules/node/bin/node');
  };

  it.each(['22.18.0', '26'])(
    'Node %s runs the server',
    async (version) => {
      const node = await nodeOf(version);
      const server = spawnServer({ DATA_DIR: temporaryFolder(), PORT: String(await freePort()) }, {}, node);
      await whenListening(server);
      const signup =
        'mutation { signup(input: { email: "a@b.example", password: "nine stairs over a lamp" }) { accessToken } }';
      const { accessToken } = (await send(server.url, signup)).data.signup;
      expect((await send(server.url, '{ me { email } }', {}, accessToken)).data.me.email).toBe('a@b.example');
    },
    180_000,
  );

  it('Node 20 and 22.17 get one sentence from every entry, and no stack', async () => {
    for (const version of ['20', '22.17.0']) {
      const node = await nodeOf(version);
      const script = `import(${JSON.stringify(join(root, 'dist/index.js'))}).catch((error) => { console.error(error.stack); process.exit(1); })`;
      for (const args of [[join(root, 'dist/main.js')], [join(root, 'dist/cli.js'), 'doctor'], ['-e', script]]) {
        const { code, output } = await run(temporary, node, ...args);
        expect(code).toBe(1);
        expect(output).toMatch(/^(?:fieldgate: )?Fieldgate needs Node 22\.18 or newer; this is Node 2[\d.]+\..*\n$/);
      }
    }
  }, 180_000);
});
