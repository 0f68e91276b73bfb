import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { authTypeDefs, batch, guardSchema } from '@fieldgate/guard';
import { buildSchema } from 'graphql';
import { expect, it, onTestFinished } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const examples = { yoga: read('../../examples/guard/yoga.js'), nodeHttp: read('../../examples/guard/node-http.js') };

const blocksOf = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

const [install = '', session = ''] = blocksOf('console');
const [withYoga = '', withAdmit = '', withPolicies = ''] = blocksOf('js');

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
};

/** Starts an example in a process of its own and returns its URL once it responds. */
const startExample = async (name: string): Promise<string> => {
  const url = `http://localhost:${await freePort()}`;
  const file = new URL(`../../../examples/guard/${name}.js`, import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=@fieldgate/source', file], {
    env: { PATH: process.env['PATH'] ?? '', PORT: new URL(url).port },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  await expect
    .poll(() =>
      fetch(`${url}/graphql`).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  return url;
};

/** `…` stands for text that is left out. */
const toPattern = (shown: string): RegExp => new RegExp(`^${shown.split('…').map(RegExp.escape).join('.*')}$`);

it('the install command names the packages that the example imports', () => {
  const imported = [...withYoga.matchAll(/from '((?!node:)(?:@[^/]+\/)?[^/']+)/g)].map(([, name]) => name);
  expect(new Set(install.trim().split(' ').slice(2))).toEqual(new Set([...imported, 'graphql']));
});

it('the Yoga example is the file in examples/guard, and its commands print what is shown', async () => {
  expect(withYoga).toBe(examples.yoga);
  const url = await startExample('yoga');
  const commands = session.split(/^\$ /m).filter(Boolean);
  expect(commands).toHaveLength(3);
  for (const text of commands) {
    const [command = '', ...shown] = text.trimEnd().split('\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', command.replace('localhost:4000', url)]);
    expect(stdout.trim(), command).toMatch(toPattern(shown.join('\n')));
  }
});

it('the schema that is refused at the start is refused with the message that is shown', () => {
  const [schema = ''] = blocksOf('graphql');
  const [message = ''] = blocksOf('text');
  const roles = ['USER', 'ADMIN'];
  const build = () => guardSchema(buildSchema(authTypeDefs(roles) + schema, { assumeValidSDL: true }), { roles });
  expect(build).toThrow(message.trimEnd());
});

it('the lines without Yoga are a part of a server that works', async () => {
  const withoutIndent = (text: string): string => text.replaceAll(/^ +/gm, '');
  expect(withoutIndent(examples.nodeHttp)).toContain(withoutIndent(withAdmit));
  const url = await startExample('node-http');
  const ask = async (query: string, authorization?: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...(authorization && { authorization }) },
      body: JSON.stringify({ query }),
    });
    return {
      status: response.status,
      challenge: response.headers.get('www-authenticate'),
      body: await response.json(),
    };
  };
  const ada = `Basic ${btoa('ada:open sesame')}`;
  expect(await ask('{ hello me reports }', ada)).toMatchObject({
    status: 200,
    body: { data: { hello: 'Hello!', me: 'ada', reports: null }, errors: [{ extensions: { reason: 'ROLE' } }] },
  });
  expect((await ask('{ me }')).status).toBe(401);
  expect((await ask('{ me }', `Basic ${btoa('ada:wrong')}`)).challenge).toContain('Basic');
  expect((await ask('{ me')).status).toBe(400);
});

it('the policies can be used as they are written', async () => {
  const names = ['batch', 'guardSchema', 'viewerOf', 'executable', 'roles', 'log'];
  const build = new Function(...names, `${withPolicies}; return policies;`);
  const viewer = { id: '42' };
  const executable = buildSchema(
    `${authTypeDefs(['USER'])} type Query { a: Int @auth(policy: "owns(field: ownerId)") }`,
  );
  const policies = build(batch, guardSchema, () => viewer, executable, ['USER'], { error: () => {} });
  expect(policies.owns({ ownerId: '42' }, {}, {}, { params: { field: 'ownerId' } })).toBe(true);
  const db = { readableBy: async (_viewer: string, ids: readonly string[]) => new Set(ids) };
  expect(await policies.mayRead({ id: '1' }, {}, { db })).toBe(true);
});

it('has no other blocks than these', () => {
  const languages = [...readme.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
  expect(languages).toEqual(['console', 'js', 'console', 'graphql', 'text', 'js', 'js']);
});
