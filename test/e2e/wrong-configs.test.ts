import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spawnCommand } from '../support/command-line.ts';

/** Files by path; what is not named is right. `expected`: what each problem says, in order. */
type Case = {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly expected: readonly string[];
};

const config = 'fieldgate.config.ts';
const withSdl = (sdl: string, rest = 'resolvers: { Query: { a: () => 1 } }'): Case['files'] => ({
  [config]: `export default {\n  schema: ['a.graphql'],\n  ${rest},\n};\n`,
  'a.graphql': sdl,
});
const field = 'extend type Query { a: Int @public }\n';

const cases: readonly Case[] = [
  {
    title: 'no default export',
    files: { [config]: 'export const a = 1;\n' },
    expected: ['fieldgate.config.ts: no default export. Write export default defineConfig({}).'],
  },
  {
    title: 'a default export that is no object',
    files: { [config]: 'export default 7;\n' },
    expected: ['fieldgate.config.ts: default export: must be an object. Write export default defineConfig({ … }).'],
  },
  {
    title: 'an unknown key',
    files: { [config]: 'export default {\n  resolver: {},\n};\n' },
    expected: ['fieldgate.config.ts:2: unknown key "resolver". Did you mean "resolvers"?'],
  },
  {
    title: 'two unknown keys',
    files: { [config]: 'export default {\n  role: [],\n  zebra: 1,\n};\n' },
    expected: [
      'fieldgate.config.ts:2: unknown key "role". Did you mean "roles"?',
      'fieldgate.config.ts:3: unknown key "zebra".',
    ],
  },
  {
    title: 'two configuration files',
    files: { [config]: 'export default {};\n', 'fieldgate.config.mjs': 'export default {};\n' },
    expected: ['fieldgate.config.ts and fieldgate.config.mjs are both there. Remove one, or name it with --config.'],
  },
  {
    title: 'a syntax error',
    files: { [config]: 'export default {\n  a: ;\n};\n' },
    expected: ['fieldgate.config.ts:2:6: Syntax Error: Expression expected.'],
  },
  {
    title: 'an enum in an imported file',
    files: {
      [config]: "import { x } from './src/x.ts';\nexport default { typeDefs: x };\n",
      'src/x.ts': 'export enum x { A }\n',
    },
    expected: [
      "src/x.ts:1:8: Node cannot strip TypeScript's enum. Use a union of texts: type State = 'OPEN' | 'CLOSED'.",
    ],
  },
  {
    title: 'a parameter property',
    files: { [config]: 'class A { constructor(private a: string) {} }\nexport default { A };\n' },
    expected: [
      "fieldgate.config.ts:1:31: Node cannot strip TypeScript's parameter property. Declare the field and assign it in the constructor.",
    ],
  },
  {
    title: 'an import without extension',
    files: { [config]: "import { b } from './src/b';\nexport default { b };\n", 'src/b.ts': 'export const b = 1;\n' },
    expected: ['fieldgate.config.ts:1: imports "./src/b": Node needs "./src/b.ts".'],
  },
  {
    title: 'an import of .js for .ts',
    files: { [config]: "\nimport { b } from './b.js';\nexport default { b };\n", 'b.ts': 'export const b = 1;\n' },
    expected: ['fieldgate.config.ts:2: imports "./b.js": Node needs "./b.ts".'],
  },
  {
    title: 'an import of a file that is not there',
    files: { [config]: "import { b } from './gone.ts';\nexport default { b };\n" },
    expected: ['fieldgate.config.ts:1: imports "./gone.ts", and there is no such file.'],
  },
  {
    title: 'an alias',
    files: { [config]: "import { b } from '@/b';\nexport default { b };\n" },
    expected: [
      'fieldgate.config.ts:1: imports "@/b": Node knows no such alias. Use a relative path, or "imports" in package.json ("#name").',
    ],
  },
  {
    title: 'a package that is not installed',
    files: { [config]: "import { b } from 'not-installed-here';\nexport default { b };\n" },
    expected: [
      'fieldgate.config.ts:1: imports "not-installed-here", which is not installed. Run npm install not-installed-here.',
    ],
  },
  {
    title: 'an import of SDL',
    files: { [config]: "import a from './a.graphql';\nexport default { a };\n", 'a.graphql': field },
    expected: ['a.graphql: Node cannot import ".graphql" files. Name SDL files in "schema".'],
  },
  {
    title: 'a type imported as a value',
    files: {
      [config]: "import { T } from './t.ts';\nexport default { a: 1 as unknown as T };\n",
      't.ts': 'export type T = 1;\n',
    },
    expected: ['fieldgate.config.ts:1:10: "./t.ts" exports no value T. If it is a type, write import type { T }.'],
  },
  {
    title: 'a package of CommonJS',
    files: {
      'package.json': '{ "type": "commonjs" }',
      [config]: "import { b } from './b.ts';\nexport default { b };\n",
      'b.ts': 'export const b = 1;\n',
    },
    expected: ['fieldgate.config.ts:1:1: Node takes this file for CommonJS. Set "type": "module" in package.json.'],
  },
  {
    title: 'a file that throws',
    files: { [config]: 'const a = null as unknown as { b: 1 };\nexport default { typeDefs: a.b };\n' },
    expected: ["fieldgate.config.ts:2:30: could not be loaded: Cannot read properties of null (reading 'b')"],
  },
  {
    title: 'a pattern without a file',
    files: { [config]: "export default {\n  schema: ['schemas/*.graphql'],\n};\n" },
    expected: ['fieldgate.config.ts:2: schema: "schemas/*.graphql" matches no file in FOLDER.'],
  },
  {
    title: 'a schema that is no text',
    files: { [config]: 'export default {\n  schema: 7,\n};\n' },
    expected: ['fieldgate.config.ts:2: schema: must be a text or a list of texts.'],
  },
  {
    title: 'SDL that does not parse',
    files: withSdl('type Note {\n  id: ID!\n  title String\n}\n'),
    expected: ['a.graphql:3:9: Syntax Error: Expected ":", found Name "String".'],
  },
  {
    title: 'a root field without a resolver',
    files: withSdl('extend type Query {\n  a: Int @public\n  b: Int @auth\n}\n'),
    expected: ['a.graphql:3:3: Query.b: has no resolver. Add resolvers.Query.b.'],
  },
  {
    title: 'a root field without a rule',
    files: withSdl('extend type Query { a: Int }\n'),
    expected: ['a.graphql:1:21: Query.a: is a root field and says neither @auth nor @public. Say who may read it.'],
  },
  {
    title: "a field of Fieldgate's type without a rule or a resolver",
    files: withSdl(`${field}extend type User { notes: [Int] }\n`),
    expected: [
      "a.graphql:2:20: User.notes: is added to Fieldgate's type and says neither @auth nor @public. Say who may read it.",
      'a.graphql:2:20: User.notes: has no resolver. Add resolvers.User.notes.',
    ],
  },
  {
    title: "a resolver that replaces Fieldgate's",
    files: withSdl(field, 'resolvers: { Query: { a: () => 1, me: () => null } }'),
    expected: [
      "fieldgate.config.ts:3: resolvers.Query.me: Fieldgate's resolver cannot be replaced. Remove it; add a field of your own instead.",
    ],
  },
  {
    title: 'a type written without extend',
    files: withSdl(`${field}type User { id: ID! }\n`),
    expected: [
      'a.graphql:2:1: User: Fieldgate has this type. Write extend type User.',
      "a.graphql:2:13: User.id: is Fieldgate's field and cannot be defined again. Choose another name.",
    ],
  },
  {
    title: "a rule on Fieldgate's type",
    files: withSdl(`${field}extend type User @auth(role: ADMIN)\n`),
    expected: [
      "a.graphql:2:18: User: may not carry @auth, which would change Fieldgate's own fields. Write it on your fields.",
    ],
  },
  {
    title: "an interface on Fieldgate's type",
    files: withSdl(
      `${field}interface Mailed { email: String @auth(role: ADMIN) }\nextend type User implements Mailed\n`,
    ),
    expected: [
      "a.graphql:3:29: User: may not implement Mailed, whose rules would change Fieldgate's own fields. Write a type of your own.",
    ],
  },
  {
    title: 'an extension of enum Role',
    files: withSdl(`${field}extend enum Role { EDITOR }\n`),
    expected: [`a.graphql:2:1: enum Role: is made of "roles". Write roles: ['USER', …] in the configuration.`],
  },
  {
    title: 'an extension of another enum',
    files: withSdl(`${field}extend enum TokenDelivery { FAX }\n`),
    expected: ["a.graphql:2:1: TokenDelivery: is Fieldgate's and cannot be extended. Only object types can."],
  },
  {
    title: 'a directive of Fieldgate',
    files: withSdl(`${field}directive @public on FIELD_DEFINITION\n`),
    expected: ["a.graphql:2:1: @public: is Fieldgate's directive. Remove this definition."],
  },
  {
    title: 'a schema definition',
    files: withSdl(`${field}schema { query: Query }\n`),
    expected: [
      "a.graphql:2:1: schema: Fieldgate's root types are Query, Mutation and Subscription. Remove this, and write extend type Query.",
    ],
  },
  {
    title: 'an operation among the SDL',
    files: withSdl(`${field}query { a }\n`),
    expected: ['a.graphql:2:1: is not a definition of a schema. Operations do not belong here.'],
  },
  {
    title: 'a type that is not there',
    files: withSdl('extend type Query { a: Nte @public }\ntype Note { id: ID }\n'),
    expected: ['a.graphql:1:24: Nte: there is no such type. Did you mean "Note"?'],
  },
  {
    title: 'an extension of a type that is not there',
    files: withSdl(`${field}extend type Usr { b: Int @public }\n`),
    expected: ['a.graphql:2:1: Usr: there is no such type to extend. Did you mean "User"?'],
  },
  {
    title: 'a type that is defined twice',
    files: {
      ...withSdl(
        `${field}type Note { id: ID }\n`,
        "typeDefs: 'type Note { id: ID }', resolvers: { Query: { a: () => 1 } }",
      ),
    },
    expected: [
      'typeDefs[0]:1:1: Note: is defined twice, first in a.graphql:2:1. Remove one.',
      'typeDefs[0]:1:13: Note.id: is defined twice, first in a.graphql:2:13. Remove one.',
    ],
  },
  {
    title: 'an unknown role',
    files: withSdl('extend type Query { a: Int @auth(role: EDITOR) }\n'),
    expected: ['a.graphql:1:21: Query.a: …EDITOR…'],
  },
  {
    title: 'an unknown policy',
    files: withSdl('extend type Query { a: Int @auth(policy: "isOwner") }\n'),
    expected: ['a.graphql:1:21: Query.a: …isOwner…'],
  },
  {
    title: 'an unknown bucket',
    files: withSdl('extend type Query { a: Int @public @limit(bucket: "uploads") }\n'),
    expected: ['a.graphql:1:21: Query.a: …bucket…'],
  },
  {
    title: 'a policy that is no function',
    files: withSdl(field, 'policies: { mine: true }, resolvers: { Query: { a: () => 1 } }'),
    expected: ['fieldgate.config.ts:3: policies.mine: must be a function (parent, args, context) => boolean.'],
  },
  {
    title: "a policy with the name of Fieldgate's",
    files: withSdl(field, 'policies: { self: () => true }, resolvers: { Query: { a: () => 1 } }'),
    expected: [
      "fieldgate.config.ts:3: policies.self: is Fieldgate's policy and cannot be replaced. Choose another name.",
    ],
  },
  {
    title: 'a resolver for a type that is not there',
    files: withSdl(field, 'resolvers: { Query: { a: () => 1 }, Usr: {} }'),
    expected: ['fieldgate.config.ts:3: resolvers.Usr: there is no such type. Did you mean "User"?'],
  },
  {
    title: 'a resolver for a field that is not there',
    files: withSdl(
      `${field}type Note { title: String }\n`,
      'resolvers: { Query: { a: () => 1 }, Note: { tilte: () => 1 } }',
    ),
    expected: [
      'fieldgate.config.ts:3: resolvers.Note.tilte: there is no such field in the schema. Did you mean "title"?',
    ],
  },
  {
    title: 'a resolver that is no function',
    files: withSdl(field, 'resolvers: { Query: { a: 1 } }'),
    expected: ['fieldgate.config.ts:3: resolvers.Query.a: must be a function (parent, args, context, info).'],
  },
  {
    title: 'two resolvers for one field',
    files: withSdl(field, 'resolvers: [{ Query: { a: () => 1 } }, { Query: { a: () => 2 } }]'),
    expected: [
      'fieldgate.config.ts:3: resolvers[1].Query.a: has another resolver in resolvers[0]. Remove one: which of them runs would depend on the order.',
    ],
  },
  {
    title: "a resolver for Fieldgate's scalar",
    files: withSdl(field, 'resolvers: { Query: { a: () => 1 }, DateTime: { __serialize: () => 1 } }'),
    expected: ['fieldgate.config.ts:3: resolvers.DateTime.__serialize: there is no such field in the schema.'],
  },
  {
    title: 'a scalar of another copy of graphql',
    files: withSdl(
      `${field}scalar Money\n`,
      "resolvers: { Query: { a: () => 1 }, Money: { name: 'Money', [Symbol.toStringTag]: 'GraphQLScalarType' } }",
    ),
    expected: [
      "fieldgate.config.ts:3: resolvers.Money: was made by another copy of the graphql package than Fieldgate's (…). Run npm ls graphql, and keep one.",
    ],
  },
  {
    title: 'a subscription without a stream',
    files: withSdl('type Subscription { a: Int @auth }\n', 'resolvers: { Subscription: { a: () => 1 } }'),
    expected: [
      'fieldgate.config.ts:3: resolvers.Subscription.a: must be { subscribe }, a function that returns an async iterator.',
    ],
  },
  {
    title: 'roles that are no list',
    files: { [config]: "export default {\n  roles: 'ADMIN',\n};\n" },
    expected: [
      "fieldgate.config.ts:2: roles: must be a list of at least two names, least first: ['READER', 'EDITOR', 'ADMIN']. The last one administers.",
    ],
  },
  {
    title: 'roles with a name twice',
    files: { [config]: "export default {\n  roles: ['A', 'a', 'ADMIN'],\n};\n" },
    expected: ['fieldgate.config.ts:2: roles: has a name twice. The case of letters does not tell two roles apart.'],
  },
  {
    title: 'a role that cannot be a name',
    files: { [config]: "export default {\n  roles: ['super user', 'ADMIN'],\n};\n" },
    expected: [
      'fieldgate.config.ts:2: roles: "super user" cannot be a role. Use letters, digits and _, as in EDITOR; not true, false, null, anonymous.',
    ],
  },
  {
    title: 'a role for who signs up that is not in the list',
    files: { [config]: "export default {\n  roles: ['READER', 'ADMIN'],\n  signUpRole: 'USER',\n};\n" },
    expected: ['fieldgate.config.ts:3: signUpRole: "USER" is not in roles: READER, ADMIN.'],
  },
  {
    title: 'administrators by sign-up',
    files: { [config]: "export default {\n  signUpRole: 'ADMIN',\n};\n" },
    expected: [
      'fieldgate.config.ts:2: signUpRole: ADMIN is the last role, which administers. Choose another: anybody can sign up.',
    ],
  },
  {
    title: 'a setup that is no function',
    files: { [config]: 'export default {\n  setup: {},\n};\n' },
    expected: ['fieldgate.config.ts:2: setup: must be a function.'],
  },
  {
    title: 'plug-ins that are no list',
    files: { [config]: 'export default {\n  yoga: {},\n};\n' },
    expected: ['fieldgate.config.ts:2: yoga: must be a list of plug-ins, as createYoga takes them: [useSomething()].'],
  },
  {
    title: 'several problems of several kinds',
    files: withSdl('extend type Query { a: Int }\n', 'sechma: 1, resolvers: { Query: { a: () => 1, hello: () => 2 } }'),
    expected: [
      'fieldgate.config.ts:3: unknown key "sechma". Did you mean "schema"?',
      'a.graphql:1:21: Query.a: is a root field and says neither @auth nor @public. Say who may read it.',
      "fieldgate.config.ts:3: resolvers.Query.hello: Fieldgate's resolver cannot be replaced. Remove it; add a field of your own instead.",
    ],
  },
];

const written: string[] = [];
afterAll(() => {
  for (const folder of written) rmSync(folder, { recursive: true });
});

const write = ({ files }: Pick<Case, 'files'>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldgate-'));
  written.push(folder);
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

const toPattern = (text: string, folder: string): RegExp =>
  new RegExp(`^${text.replace('FOLDER', folder).split('…').map(RegExp.escape).join('.*')}$`);

describe('a wrong configuration is refused with file, line and remedy:', () => {
  const folders = new Map<string, string>();
  let problems: Readonly<Record<string, readonly string[]>> = {};
  beforeAll(async () => {
    for (const each of cases) folders.set(each.title, write(each));
    const script = new URL('../support/load-configs.ts', import.meta.url).pathname;
    const args = [
      '--conditions=@fieldgate/source',
      '--disable-warning=ExperimentalWarning',
      script,
      ...folders.values(),
    ];
    problems = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
  });

  test.each(cases)('$title', ({ title, expected }) => {
    const folder = folders.get(title) ?? '';
    const found = problems[folder] ?? [];
    for (const [index, text] of expected.entries()) expect(found[index] ?? found).toMatch(toPattern(text, folder));
    expect(found).toHaveLength(expected.length);
  });

  test('every command refuses it at once, with what is wrong with the variables, and opens nothing', {
    timeout: 30_000,
  }, async () => {
    const folder = write({ files: withSdl('extend type Query { a: Int }\n') });
    for (const command of ['check', 'serve', 'migrate', 'doctor']) {
      const { code, out, err } = await spawnCommand([command], folder, { PORT: 'x' }).result();
      expect(code, command).toBe(1);
      expect(out + err, command).toContain('a.graphql:1:21: Query.a: is a root field');
      expect(out + err, command).toContain('PORT');
    }
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });
});
