import { admit, authTypeDefs, type GuardOptions, guardSchema, requireAccount, runAs } from '@fieldgate/guard';
import { buildSchema, parse } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { authenticate, schemaOf, serve } from './fixture.ts';

const roles = ['USER', 'ADMIN'];
const sdl = `${authTypeDefs(roles)} type Query { a: Int @auth(role: ADMIN) }`;

describe('options of guardSchema', () => {
  test.each([
    [{ polices: {} }, /there is no option polices/],
    [{ policies: new Map() }, /policies must be an object/],
    [{ policies: [] }, /policies must be an object/],
    [{ policies: { owns: true } }, /the policy owns must be a function/],
    [{ policies: { owns: undefined } }, /the policy owns must be a function/],
    [{ onDenied: 'log' }, /onDenied must be a function/],
    [{ onDecision: {} }, /onDecision must be a function/],
    [{ onFault: 1 }, /onFault must be a function/],
    [{ exposeRequired: 'yes' }, /exposeRequired must be true or false/],
    [{ mode: 'reprot' }, /mode is 'enforce' or 'report'/],
    [{ policyTimeoutMs: -1 }, /policyTimeoutMs/],
  ])('G20 %j stop the start with a sentence', (options, sentence) => {
    const wrong = { roles, ...options } as unknown as GuardOptions;
    expect(() => guardSchema(buildSchema(sdl), wrong)).toThrow(TypeError);
    expect(() => guardSchema(buildSchema(sdl), wrong)).toThrow(sentence);
  });

  test.each([undefined, null, 'type Query { a: Int }', {}, parse('{ a }')])('G20 %j is no schema', (schema) => {
    expect(() => guardSchema(schema as never)).toThrow(/the first argument must be a GraphQLSchema/);
  });

  test('onDecision is told each decision with its context, and what it throws goes to onFault', async () => {
    const onDecision = vi.fn(() => {
      throw new Error('a log that fails');
    });
    const onFault = vi.fn();
    const schema = guardSchema(buildSchema(sdl), { roles, onDecision, onFault });
    const contextValue = {};
    const source = { header: () => null };
    const decision = await admit({ schema, document: parse('{ a }'), contextValue, source, authenticate });
    expect(decision.kind).toBe('refuse');
    expect(onDecision).toHaveBeenCalledWith(decision, contextValue);
    expect(onFault).toHaveBeenCalledWith(expect.objectContaining({ message: 'onDecision failed.' }), contextValue);
  });
});

describe('requireAccount', () => {
  const schema = schemaOf('type Query { id: String @auth(optional: true) }', {
    Query: { id: (_parent: unknown, _args: unknown, context: unknown) => requireAccount(context).id },
  });

  test.each([
    ['the account', 'user7', { data: { id: 'user7' } }],
    [
      'UNAUTHENTICATED to an anonymous caller',
      undefined,
      { errors: [{ extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' } }] },
    ],
    ['FORBIDDEN to a service', 'service:read', { errors: [{ extensions: { code: 'FORBIDDEN', reason: 'ACCOUNT' } }] }],
  ])('G20 gives %s', async (_what, token, answer) => {
    expect(await serve(schema).ask('{ id }', { token })).toMatchObject(answer);
  });

  test('G20 knows nobody in a context that no operation runs with', () => {
    expect(() => requireAccount({})).toThrow();
    expect(() => requireAccount(undefined)).toThrow();
    const viewer = { kind: 'anonymous' } as const;
    expect(() => runAs({}, viewer, {}, (context) => requireAccount(context))).toThrow();
  });
});
