import {
  type Authenticator,
  authTypeDefs,
  clientId,
  GuardError,
  type GuardOptions,
  guardSchema,
  type Policies,
  userId,
  type Viewer,
} from '@fieldgate/guard';
import { useFieldgate } from '@fieldgate/guard/yoga';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';

/** The viewer of `Bearer user`, `Bearer admin`, `Bearer user:read+write`. */
export const viewerNamed = (token: string): Extract<Viewer, { kind: 'account' }> => {
  const [name = '', scopes = ''] = token.split(':');
  return {
    kind: 'account',
    id: userId(name),
    role: name.replace(/\d+$/, '').toUpperCase(),
    scopes: scopes === '' ? [] : scopes.split('+'),
    sessionId: null,
    via: 'bearer',
    expiresAt: null,
  };
};

/** The viewer of `Bearer service:read+write`. */
const serviceNamed = (token: string): Extract<Viewer, { kind: 'service' }> => {
  const { scopes, via, expiresAt } = viewerNamed(token);
  return { kind: 'service', id: clientId('service'), scopes, via, expiresAt };
};

const rejections: Readonly<Record<string, 'TOKEN_EXPIRED' | 'TOKEN_STALE' | 'TOKEN_REVOKED' | 'TOKEN_INVALID'>> = {
  expired: 'TOKEN_EXPIRED',
  stale: 'TOKEN_STALE',
  revoked: 'TOKEN_REVOKED',
  invalid: 'TOKEN_INVALID',
};

export const authenticate: Authenticator = (source) => {
  const token = /^Bearer (.+)$/.exec(source.header('authorization') ?? '')?.[1];
  if (token === undefined) {
    return { kind: 'absent' };
  }
  if (token === 'two') {
    return { kind: 'ambiguous' };
  }
  if (token === 'down') {
    throw new GuardError('SERVICE_UNAVAILABLE');
  }
  const reason = rejections[token];
  if (reason) {
    return { kind: 'rejected', reason };
  }
  const viewer = token.startsWith('service:') ? serviceNamed(token) : viewerNamed(token);
  return { kind: 'accepted', viewer };
};

export type Resolvers = Record<string, Record<string, unknown>>;

export const schemaOf = (
  typeDefs: string,
  resolvers: Resolvers = {},
  policies: Policies = {},
  options: Omit<GuardOptions, 'roles' | 'policies'> = {},
) =>
  guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), {
    roles,
    policies,
    exposeRequired: true,
    onWarning: () => {},
    onFault: () => {},
    ...options,
  });

const roles = ['USER', 'EDITOR', 'ADMIN'];

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Record<string, unknown>;
  }[];
};

export type Ask = {
  readonly token?: string | undefined;
  readonly accept?: string | null;
  readonly headers?: Record<string, string>;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
};

export type ServeOptions = { readonly authenticate?: Authenticator; readonly context?: object };

/** A Yoga server with the plugin and the schema, called through its fetch. */
export const serve = (schema: ReturnType<typeof schemaOf>, options: ServeOptions = {}) => {
  let asked = 0;
  const yoga = createYoga({
    schema,
    logging: false,
    batching: true,
    ...(options.context && { context: options.context }),
    plugins: [
      useFieldgate({
        authenticate: (source) => {
          asked += 1;
          return (options.authenticate ?? authenticate)(source);
        },
      }),
    ],
  });
  const post = (body: unknown, { token, accept, headers }: Ask = {}) =>
    yoga.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(accept === null ? {} : { accept: accept ?? 'application/graphql-response+json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify(body),
    });
  const ask = async (query: string, options: Ask = {}): Promise<Answer> => {
    const { variables, operationName, extensions } = options;
    const response = await post({ query, variables, operationName, extensions }, options);
    const text = await response.text();
    const json = text.startsWith('{') ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, text, data: json.data, errors: json.errors ?? [] };
  };
  return { yoga, post, ask, timesAsked: () => asked };
};

/** Returns the codes and reasons of a response, in order. */
export const codesOf = (answer: Pick<Answer, 'errors'>): readonly string[] =>
  answer.errors.map(({ extensions }) => `${extensions['code']}/${extensions['reason']}`);
