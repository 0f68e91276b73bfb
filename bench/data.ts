/** The data that every server holds and the operations that every server is asked, so that all do the same work. */
import { createSecretKey } from 'node:crypto';

export type User = { readonly id: string; readonly email: string; readonly name: string; readonly role: string };

const newUser = (number: number): User => ({
  id: `01a2b3c4-0000-7000-8000-${number.toString(16).padStart(12, '0')}`,
  email: `user${number}@example.com`,
  name: `User Number ${number}`,
  role: 'USER',
});

/** The caller. Our server assigns its own id, of the same length. */
export const caller: User = newUser(0);

export const users: readonly User[] = Array.from({ length: 1000 }, (_, number) => newUser(number));

export const password = 'nine stairs over a quiet lamp';

/** Signs and verifies the peers' tokens (HS256, the fastest algorithm; our server signs with ES256, its default). */
export const secret = 'bench-only-0123456789abcdef0123456789abcdef';

/** For jsonwebtoken: given a string, it first tries to parse it as a public key, which fails and costs 100 µs each time. */
export const secretKey = createSecretKey(Buffer.from(secret));

export type Operation = { readonly query: string; readonly expected: (id: string) => unknown };

export const operations = {
  /** Two guarded fields: `Query.me` and `User.email`. */
  me: {
    query: '{ me { id email name } }',
    expected: (id) => ({ data: { me: { id, email: caller.email, name: caller.name } } }),
  },
  /** A thousand times two guarded fields: `User.email` and `User.role`. */
  list: {
    query: '{ users { id email role } }',
    expected: () => ({ data: { users: users.map(({ id, email, role }) => ({ id, email, role })) } }),
  },
  public: { query: '{ hello }', expected: () => ({ data: { hello: 'Hello from Fieldgate.' } }) },
} satisfies Record<string, Operation>;

/** The schema; each server puts its own directives on guarded fields and on the public one. */
export const typeDefs = (guard = '', open = ''): string => /* GraphQL */ `
  enum Role { USER MODERATOR ADMIN }
  type User { id: ID! name: String email: String ${guard} role: Role ${guard} }
  type Query { hello: String! ${open} me: User ${guard} users: [User!] ${guard} }
`;

export const resolvers = {
  Query: { hello: () => 'Hello from Fieldgate.', me: () => caller, users: () => users },
};
