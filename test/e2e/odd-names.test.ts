import { expect, test } from 'vitest';
import { startFetchServer } from '../support/fetch-server.ts';
import { pause } from '../support/time.ts';

/** More than it takes until an operation is compiled. */
const runs = [1, 2, 3, 4, 5, 6];
const settle = () => pause(30);

/** Every plain object has these; `__proto__` is not even one of its own. */
const names = Object.getOwnPropertyNames(Object.prototype);

test.each(names)('G11: a variable called $%s is like any other, compiled or not', async (name) => {
  const { post } = await startFetchServer();
  const query = `query ($${name}: Boolean!) { hello @include(if: $${name}) other: hello }`;
  for (const _run of runs) {
    for (const value of [true, false]) {
      // As an object literal `__proto__` would set the prototype, and not be sent.
      const answer = await post(`{"query":${JSON.stringify(query)},"variables":{"${name}":${value}}}`);
      const hello = value ? '"hello":"Hello from Fieldgate.",' : '';
      expect(answer).toEqual({ status: 200, body: `{"data":{${hello}"other":"Hello from Fieldgate."}}` });
    }
    const missing = await post({ query });
    expect([missing.status, JSON.parse(missing.body).errors[0].extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
    await settle();
  }
});

test.each(names)('G11: a field, an operation and a fragment called %s are like any others', async (name) => {
  const { post } = await startFetchServer();
  const query = `query ${name} { ${name}: hello ...${name} } fragment ${name} on Query { other: hello }`;
  for (const _run of runs) {
    const { status, body } = await post({ query, operationName: name });
    expect([status, body]).toEqual([
      200,
      `{"data":{"${name}":"Hello from Fieldgate.","other":"Hello from Fieldgate."}}`,
    ]);
    await settle();
  }
  const { body } = await post({ query: 'query A { hello }', operationName: name });
  expect(JSON.parse(body).errors[0].extensions.code).toBe('OPERATION_RESOLUTION_FAILURE');
});

test.each(names)(
  'G11: an argument, an input field and a parameter called %s are refused like unknown ones',
  async (name) => {
    const { post } = await startFetchServer();
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
