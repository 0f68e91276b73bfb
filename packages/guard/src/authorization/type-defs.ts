import { rolesProblems } from './role-order.ts';

export type AuthTypeDefsOptions = {
  /** The name of the role enum. `null`: the schema defines `enum Role` itself. Default: `Role`. */
  readonly roleEnum?: string | null;
  /** The name of the enum of the argument `onDenied`. Default: `OnDenied`. */
  readonly onDenied?: string;
};

/**
 * Returns the SDL of `@auth` and `@public` and of their two enums, to be added to a schema's type definitions. `roles`: from the
 * least role to the greatest, the list that `guardSchema` gets too; `null`: the schema defines the enum, with the name in
 * `roleEnum`. Throws TypeError if an enum cannot have these values or this name.
 *
 * @example
 * const roles = ['USER', 'ADMIN'];
 * const schema = guardSchema(makeExecutableSchema({ typeDefs: [authTypeDefs(roles), typeDefs], resolvers }), { roles });
 */
export const authTypeDefs = (
  roles: readonly string[] | null,
  { roleEnum = 'Role', onDenied = 'OnDenied' }: AuthTypeDefsOptions = {},
): string => {
  const role = requireName(roleEnum ?? 'Role', 'roleEnum');
  const enumOfRoles = roles === null || roleEnum === null ? '' : roleTypeDefs(role, requireRoles(roles));
  return enumOfRoles + directiveTypeDefs(role, requireName(onDenied, 'onDenied'));
};

const requireRoles = (roles: readonly string[]): readonly string[] => {
  const [problem] = rolesProblems(roles);
  if (problem !== undefined) throw new TypeError(`authTypeDefs: ${problem}`);
  return roles.map((name) => requireName(name, 'roles'));
};

/** GraphQL reserves the words for values that are no enum values, and names with two underscores in front. */
const requireName = (name: unknown, option: string): string => {
  if (typeof name === 'string' && /^(?!__)(?!(?:true|false|null)$)[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new TypeError(`authTypeDefs: ${option} has a name that GraphQL does not allow: ${JSON.stringify(name)}`);
};

const roleTypeDefs = (name: string, roles: readonly string[]): string => `
  enum ${name} {
    ${roles.join('\n    ')}
  }
`;

const directiveTypeDefs = (role: string, onDenied: string): string => `
  """
  Who may read this. Every argument, every repetition, and the rules of the parent type, of its interfaces and of the
  type returned must all hold. Without arguments: any signed-in caller.
  """
  directive @auth(
    "At least this role."
    role: ${role}
    "Any of these sets, each set in full."
    scopes: [[String!]!]
    "A named function of the server: (parent, args, context) -> boolean."
    policy: String
    "Anonymous may call too, but a credential that is presented must be valid."
    optional: Boolean = false
    "The caller proved who they are at most this many seconds ago."
    maxAge: Int
    "The caller proved who they are by any one of these methods (RFC 8176)."
    amr: [String!]
    "What a caller who may not read this gets."
    onDenied: ${onDenied} = ERROR
  ) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

  "Marks a root field that needs no rule. It never weakens one."
  directive @public on FIELD_DEFINITION

  enum ${onDenied} {
    "Null, and an error that says why."
    ERROR
    "As if it were not there."
    FILTER
  }
`;
