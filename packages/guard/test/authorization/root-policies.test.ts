import { admit, batch, type Policies, type Policy, type Viewer, viewerOf } from '@fieldgate/guard';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { authenticate, codesOf, schemaOf, serve } from './fixture.ts';

const typeDefs = /* GraphQL */ `
  type Query { a: Int @public }
  input To { id: ID!, tags: [String!] = ["new"] }
  type Mutation {
    open: Int @public
    first(id: ID = "default"): Int @auth
    second(id: ID, to: To, n: Int = 1): Int @auth(policy: "p")
    third(id: ID): Int @auth(policy: "q")
  }
`;

const idOf = (context: unknown): string => {
  const viewer = viewerOf(context);
  return viewer.kind === 'anonymous' ? 'anonymous' : viewer.id;
};

/** A server, what ran, and what its policies were asked. */
const create = (policies: Policies) => {
  const ran: string[] = [];
  const runs = (name: string) => () => ran.push(name);
  const schema = schemaOf(
    typeDefs,
    { Mutation: { open: runs('open'), first: runs('first'), second: runs('second'), third: runs('third') } },
    { p: () => true, q: () => true, ...policies },
  );
  return { schema, ran, ...serve(schema) };
};

const noes: Record<string, Policy> = {
  'at once': () => false,
  later: async () => false,
  'as a batch': batch((parents) => parents.map(() => false)),
};

describe('the policies of a mutation', () => {
  test.each(Object.keys(noes))('G12 are asked before anything runs: a denial %s refuses all of it', async (name) => {
    const { ask, ran } = create({ p: noes[name] as Policy });
    for (const query of [
      'mutation { first second }',
      'mutation { open second }',
      'mutation { third first ... on Mutation { x: second } }',
      'mutation { first ...F } fragment F on Mutation { second }',
      'mutation M($yes: Boolean! = true) { first second @include(if: $yes) }',
    ]) {
      const answer = await ask(query, { token: 'user' });
      expect([query, answer.status, codesOf(answer), answer.data]).toEqual([
        query,
        403,
        ['FORBIDDEN/POLICY'],
        undefined,
      ]);
      expect(answer.errors[0]?.extensions['coordinate']).toBe('Mutation.second');
    }
    expect(ran).toEqual([]);
    expect((await ask('mutation { first second @skip(if: true) }', { token: 'user' })).data).toEqual({ first: 1 });
  });

  test('G12 are asked with the arguments that the fields will have, as the viewer who asks, in the order of the fields', async () => {
    const asked: unknown[] = [];
    const note =
      (name: string): Policy =>
      (parent, args, context, { info, params, event }) => {
        asked.push([
          name,
          parent,
          { ...args },
          idOf(context),
          info.path.key,
          info.fieldName,
          info.parentType.name,
          params,
          event,
        ]);
        return ran.length === 0;
      };
    const { ask, ran } = create({ p: note('p'), q: note('q') });
    const query = `mutation Named($id: ID, $to: To, $n: Int) {
      t: third(id: 5) second(id: $id, to: $to, n: $n) ...F
    } fragment F on Mutation { last: second(to: { id: 1, tags: [] }, n: null) }
    mutation Other { second(id: "other") }`;
    const variables = { id: 7, to: { id: 'to' } };
    await ask(query, { token: 'user', variables, operationName: 'Named' });
    expect(asked.slice(0, 3)).toEqual([
      ['q', undefined, { id: '5' }, 'user', 't', 'third', 'Mutation', {}, undefined],
      [
        'p',
        undefined,
        { id: '7', to: { id: 'to', tags: ['new'] }, n: 1 },
        'user',
        'second',
        'second',
        'Mutation',
        {},
        undefined,
      ],
      ['p', undefined, { to: { id: '1', tags: [] }, n: null }, 'user', 'last', 'second', 'Mutation', {}, undefined],
    ]);
  });

  test('G12 are asked again by each field: one may run for what an earlier one has changed', async () => {
    let allowed = true;
    const ran: string[] = [];
    const schema = schemaOf(
      'type Query { a: Int @public } type Mutation { close: Int @auth(policy: "open") write: Int @auth(policy: "open") }',
      {
        Mutation: {
          close: () => {
            allowed = false;
            return ran.push('close');
          },
          write: () => ran.push('write'),
        },
      },
      { open: () => allowed },
    );
    const { ask } = serve(schema);
    const answer = await ask('mutation { close write }', { token: 'user' });
    expect([answer.data, ran]).toEqual([{ close: 1, write: null }, ['close']]);
    expect((await ask('mutation { close write }', { token: 'user' })).status).toBe(403);
  });

  test('G12 are not asked where the operation is refused anyway, or is no mutation', async () => {
    const asked: unknown[] = [];
    const { ask } = create({ p: (_parent, args) => asked.push(args) > 0 });
    expect((await ask('mutation { first second }')).status).toBe(401);
    expect((await ask('mutation { second(id: $id) }', { token: 'user' })).status).toBe(400);
    const wrong = await ask('mutation M($to: To!) { second(to: $to) }', { token: 'user', variables: { to: {} } });
    expect(wrong.data).toBeUndefined();
    expect((await ask('{ a }', { token: 'user' })).status).toBe(200);
    expect(asked).toEqual([]);
  });

  test('G12 belong to every gate: admit asks them with the context and root value of the execution', async () => {
    const asked: unknown[] = [];
    const { schema } = create({
      p: (parent, _args, context) => {
        asked.push([parent, context === contextValue, idOf(context)]);
        return false;
      },
    });
    const contextValue = {};
    const operation = {
      ...{ schema, contextValue, authenticate, document: parse('mutation { first second }'), rootValue: 'root' },
      source: { header: () => 'Bearer user' },
    };
    let isCounted = false;
    const consume = () => {
      isCounted = true;
      return null;
    };
    expect(admit({ ...operation, consume })).toMatchObject({
      kind: 'refuse',
      viewer: { id: 'user' },
      error: { code: 'FORBIDDEN' },
    });
    expect([asked, isCounted, idOf(contextValue)]).toEqual([[['root', true, 'user']], false, 'anonymous']);
    expect(contextValue).toEqual({});
  });

  test.each(['at once', 'later'])(
    'G12 are asked when what the context has for the viewer is there: %s',
    async (when) => {
      const contextValue: { owner?: string } = {};
      const { schema } = create({ p: (_parent, _args, context) => (context as typeof contextValue).owner === 'user' });
      const prepare = (viewer: Viewer): void => {
        contextValue.owner = viewer.kind === 'account' ? viewer.id : 'nobody';
      };
      const operation = { schema, contextValue, authenticate, source: { header: () => 'Bearer user' } };
      const prepareContext = when === 'later' ? async (viewer: Viewer) => prepare(viewer) : prepare;
      const document = parse('mutation { second }');
      expect(await admit({ ...operation, document, prepareContext })).toMatchObject({ kind: 'run' });
      expect(await admit({ ...operation, document, contextValue: {} })).toMatchObject({ kind: 'refuse' });
    },
  );

  test('G12 are asked once for each response key, and once more by its field', async () => {
    const asked: unknown[] = [];
    const { ask } = create({ p: (_parent, args) => asked.push(args) > 0 });
    const aliases = Array.from({ length: 100 }, (_, i) => `a${i}: second`).join(' ');
    expect((await ask(`mutation { ${'second '.repeat(50)} ${aliases} }`, { token: 'user' })).status).toBe(200);
    expect(asked).toHaveLength(2 * 101);
  });
});
