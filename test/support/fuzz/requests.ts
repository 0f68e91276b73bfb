import type { GraphQLSchema } from 'graphql';
import { randomGraphQLBody } from './graphql.ts';
import { mutate, oddJson, oddText, type Random } from './random.ts';

export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What a caller of the server has in hand. */
export type FuzzContext = {
  readonly schema: GraphQLSchema;
  /** Access tokens, refresh tokens, API keys, identifiers, addresses and secrets of clients: some live, some dead by now. */
  readonly known: readonly string[];
};

/** The paths that are posted to, the ones that are read, and what is nowhere. */
const posted = ['/token', '/token', '/revoke', '/introspect'];
const read = [
  ...['/.well-known/jwks.json', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
  ...['/.well-known/oauth-protected-resource/graphql', '/oauth/github', '/oauth/github/callback'],
  ...['/health', '/ready', '/metrics'],
];
const nowhere = [
  '/',
  '/graphql/',
  '/GRAPHQL',
  '/favicon.ico',
  '/graphql/stream',
  '/oauth/nobody',
  '/token/',
  '//graphql',
];
const methods = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'SEARCH'];

const randomTarget = (random: Random): { readonly path: string; readonly method: string } => {
  const kind = random.below(100);
  const [paths, usual] =
    kind < 70
      ? [['/graphql'], ['POST', 'POST', 'POST', 'GET']]
      : kind < 85
        ? [posted, ['POST']]
        : kind < 96
          ? [read, ['GET']]
          : [nowhere, methods];
  const path = random.pick(paths);
  return {
    path: random.oneIn(40) ? mutate(random, path) : path,
    method: random.pick(random.oneIn(25) ? methods : usual),
  };
};

const mediaTypes = [
  ...[
    'application/json',
    'application/json; charset=utf-8',
    'application/graphql+json',
    'application/x-www-form-urlencoded',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/json; charset=utf-16',
    'application/graphql-response+json',
  ],
  ...[
    'text/event-stream',
    'text/html',
    '*/*',
    'application/*;q=0.1',
    'application/json;q=0',
    'multipart/mixed',
    ';;;',
    'a',
  ],
];

/** Makes the request of a number. */
export const randomRequest = (random: Random, context: FuzzContext): FuzzRequest => {
  const { path, method } = randomTarget(random);
  const isGraphQL = path.startsWith('/graphql');
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'TRACE';
  const content = isGraphQL ? graphqlContent(random, context, hasBody) : formContent(random, context);
  const search = hasBody && !random.oneIn(40) ? '' : `?${content.search}`;
  return {
    method,
    path: toTarget(path + search).slice(0, 12_000),
    headers: headersOf(random, context, content.type),
    body: hasBody ? content.body : '',
  };
};

type Content = { readonly search: string; readonly body: string; readonly type: string };

const graphqlContent = (random: Random, { schema, known }: FuzzContext, hasBody: boolean): Content => {
  const body = randomGraphQLBody({ random, schema, known });
  const whole = random.oneIn(60)
    ? JSON.stringify(oddJson(random, 6))
    : JSON.stringify(random.oneIn(80) ? [body, body] : body);
  const text = random.oneIn(10) ? mutate(random, whole) : whole;
  const search = hasBody
    ? ''
    : new URLSearchParams(
        Object.entries(body).map(([name, value]): [string, string] => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ).toString();
  return { search: random.oneIn(10) ? mutate(random, search) : search, body: text, type: 'application/json' };
};

const formNames = [
  ...['grant_type', 'username', 'password', 'refresh_token', 'client_id', 'client_secret', 'token', 'token_type_hint'],
  ...['scope', 'code', 'state', 'returnTo', 'codeChallenge', 'error', 'redirect_uri', '__proto__', 'access_token'],
];
const formValues = [
  'password',
  'refresh_token',
  'client_credentials',
  'access_token',
  'fieldgate',
  'account:read',
  '*',
  'S256',
];

const formContent = (random: Random, { known }: FuzzContext): Content => {
  const pairs = random.some(6, (): [string, string] => [
    random.oneIn(20) ? oddText(random) : random.pick(formNames),
    random.pick([random.pick(known), random.pick(formValues), oddText(random)]),
  ]);
  const form = new URLSearchParams([...pairs]).toString();
  const text = random.oneIn(4) ? JSON.stringify(Object.fromEntries(pairs)) : form;
  return {
    search: random.oneIn(6) ? mutate(random, form) : form,
    body: random.oneIn(6) ? mutate(random, text) : text,
    type: text === form ? 'application/x-www-form-urlencoded' : 'application/json',
  };
};

const headersOf = (random: Random, { known }: FuzzContext, type: string): Record<string, string> => {
  const credential = () => (random.oneIn(4) ? mutate(random, random.pick(known)) : random.pick(known));
  const odd = (): readonly [string, string] =>
    random.pick<() => readonly [string, string]>([
      () => ['authorization', `Bearer ${credential()}`],
      () => ['authorization', `Bearer ${credential()}`],
      () => [
        'authorization',
        `${random.pick(['Basic', 'Digest', 'bearer', ''])} ${Buffer.from(`${credential()}:${credential()}`).toString('base64')}`,
      ],
      () => ['x-api-key', credential()],
      () => [
        'cookie',
        `${random.pick(['fieldgate', '__Host-fieldgate_access', 'fieldgate_access', 'fieldgate_refresh'])}=${credential()}; a=b; =; ;`,
      ],
      () => ['accept', random.some(3, () => random.pick(mediaTypes)).join(', ')],
      () => ['accept-encoding', random.pick(['gzip', 'br;q=1', '*;q=0', oddText(random)])],
      () => ['content-encoding', random.pick(['gzip', 'identity', 'x'])],
      () => ['origin', random.pick(['null', 'https://evil.example', 'http://localhost:4000', oddText(random)])],
      () => ['host', random.pick(['evil.example', 'localhost', '[::1]', '127.0.0.1:1', oddText(random)])],
      () => ['x-forwarded-for', random.pick(['1.2.3.4', '::1, 10.0.0.1', oddText(random)])],
      () => ['x-request-id', oddText(random)],
      () => ['traceparent', random.pick(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', oddText(random)])],
      () => ['upgrade', random.pick(['websocket', 'h2c', 'x'])],
      () => ['sec-fetch-site', random.pick(['cross-site', 'same-origin', oddText(random)])],
      () => ['if-none-match', random.pick(['*', '"x"', oddText(random)])],
      () => ['access-control-request-method', oddText(random)],
      () => [random.pick(['__proto__', 'constructor', 'x', 'apollo-require-preflight', 'range']), oddText(random)],
    ])();
  const chosen = { 'content-type': random.oneIn(25) ? random.pick(mediaTypes) : type };
  const entries = [...Object.entries(chosen), ...random.some(random.oneIn(4) ? 6 : 2, odd)];
  return Object.fromEntries(entries.map(([name, value]) => [name, toFieldValue(value)]));
};

/** Without what node:http would refuse to send. Raw bytes are another test's. */
const toFieldValue = (value: string): string => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 3_000);
const toTarget = (path: string): string =>
  path.replace(/[^\x21-\x7e]/g, (text) => encodeURIComponent(text.toWellFormed()));
