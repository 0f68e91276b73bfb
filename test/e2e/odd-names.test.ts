import { expect } from 'vitest';
import { testWithFieldgate } from '../support/fetch-server.ts';
import { pause } from '../support/time.ts';

const test = testWithFieldgate();

/** More runs than an operation needs until it is compiled. */
const runs = [1, 2, 3, 4, 5, 6];
const compiled = () => pause(30);

/** Names that every plain object inherits. */
const names = Object.getOwnPropertyNames(Object.prototype);

test.for(names)('G11: a variable called $%s is like any other, compiled or not', async (name, { post }) => {
  const query = `query ($${name}: Boolean!) { hello @include(if: $${name}) other: hello }`;
  for (const _run of runs) {
    for (const value of [true, false]) {
      // Written as text: in an object literal `__proto__` sets the prototype and is not sent.
      const answer = await post(`{"query":${JSON.stringify(query)},"variables":{"${name}":${value}}}`);
      const hello = value ? '"hello":"Hello from Fieldgate.",' : '';
      expect(answer).toMatchObject({ status: 200, body: `{"data":{${hello}"other":"Hello from Fieldgate."}}` });
    }
    const missing = await post({ query });
    expect([missing.status, JSON.parse(missing.body).errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
    await compiled();
  }
});

test.for(names)('G11: a field, an operation and a fragment called %s are like any others', async (name, { post }) => {
  const query = `query ${name} { ${name}: hello ...${name} } fragment ${name} on Query { other: hello }`;
  for (const _run of runs) {
    const { status, body } = await post({ query, operationName: name });
    expect([status, body]).toEqual([
      200,
      `{"data":{"${name}":"Hello from Fieldgate.","other":"Hello from Fieldgate."}}`,
    ]);
    await compiled();
  }
  const { body } = await post({ query: 'query A { hello }', operationName: name });
  expect(JSON.parse(body).errors[0].extensions.code).toBe('OPERATION_RESOLUTION_FAILURE');
});

test.for(names)(
  'G11: an argument, an input field and a parameter called %s are refused like unknown ones',
  async (name, { post }) => {
    const unknownArgument = await post({ query: `{ hello(${name}: 1) }` });
    expect(unknownArgument.status).toBe(400);
    const login = 'mutation ($input: LoginInput!) { login(input: $input) { expiresIn } }';
    const input = `{"email":"a@example.com","password":"x","${name}":1}`;
    const unknownField = await post(`{"query":${JSON.stringify(login)},"variables":{"input":${input}}}`);
    expect([unknownField.status, JSON.parse(unknownField.body).errors[0].extensions.code]).toEqual([
      400,
      'BAD_USER_INPUT',
    ]);
    expect((await post(`{"query":"{ hello }","${name}":1}`)).status).toBe(400);
  },
);
