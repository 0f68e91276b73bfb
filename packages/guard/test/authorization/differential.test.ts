import { admit, authTypeDefs, guardSchema, runAs } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import fc from 'fast-check';
import { type ExecutionResult, execute, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { viewerNamed } from './fixture.ts';
import { expectedOf, rootIndex, valueReturned } from './oracle.ts';
import { type Api, api, callers, operation, roles, typeNames, typeOf } from './random-api.ts';
import { printOperation, printSchema, validRoots } from './random-text.ts';

/** `FUZZ=10000` tries more. Each run asks as every caller. */
const numRuns = Number(process.env['FUZZ'] ?? 1_000) / callers.length;

const withTypes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withTypes);
  return typeof value === 'number' ? { id: value, __typename: typeOf(value) } : value;
};

/** Half of the fields answer later. */
const build = (random: Api) => {
  const later = (value: unknown, id: number): unknown => (id % 2 === 0 ? value : Promise.resolve(value));
  const objects = Object.fromEntries(
    typeNames.map((name) => [
      name,
      {
        f: ({ id }: { id: number }) => later(1, id),
        g: () => 1,
        n: ({ id }: { id: number }) => later(withTypes(valueReturned(random, random.types[name]?.n as never, id)), id),
      },
    ]),
  );
  const roots = Object.fromEntries(
    Object.entries(random.roots).map(([name, link]) => [
      name,
      () => withTypes(valueReturned(random, link, rootIndex(random, name))),
    ]),
  );
  const schema = makeExecutableSchema({
    typeDefs: [authTypeDefs(roles), printSchema(random)],
    resolvers: { ...objects, Query: roots, Mutation: roots },
  });
  const even = (parent: { id: number } | undefined) => parent === undefined || parent.id % 2 === 0;
  return guardSchema(schema, { roles, policies: { even }, onWarning: () => {} });
};

type Answer = { readonly kind: 'refused' } | { readonly kind: 'answered'; readonly result: ExecutionResult };

const ask = async (schema: ReturnType<typeof build>, text: string, token: string | undefined): Promise<Answer> => {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const context = {};
  const decision = await admit({
    schema,
    document,
    contextValue: context,
    source: { header: () => null },
    authenticate: () => (token === undefined ? { kind: 'absent' } : { kind: 'accepted', viewer: viewerNamed(token) }),
  });
  if (decision.kind === 'refuse') return { kind: 'refused' };
  const run = (contextValue: object) => execute({ schema, document, contextValue });
  return { kind: 'answered', result: (await runAs(context, decision.viewer, {}, run)) as ExecutionResult };
};

test('the guard answers as an oracle that asks for each field and each object, in random APIs for every caller', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(api, operation, async (random, { isMutation, roots: chosen }) => {
      const schema = build(random);
      const roots = validRoots(random, chosen);
      const text = printOperation(isMutation, roots);
      for (const [level, token] of callers.entries()) {
        const expected = expectedOf(random, { isMutation, roots, level });
        const answer = await ask(schema, text, token);
        const about = `${printSchema(random)}\n${text}\nas ${token}`;
        expect(answer.kind, about).toBe(expected.kind);
        if (answer.kind === 'refused' || expected.kind === 'refused') continue;
        const { data, errors = [] } = answer.result;
        expect(JSON.parse(JSON.stringify(data)), about).toEqual(expected.data);
        const places = errors.map(({ path }) => path?.join('.') ?? '').sort();
        if (expected.wentUp || expected.errors.length > 20) expect(places.length, about).toBeGreaterThan(0);
        else expect(places, about).toEqual([...expected.errors].sort());
      }
    }),
    { numRuns },
  );
});
