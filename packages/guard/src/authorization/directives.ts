import {
  type ConstDirectiveNode,
  type GraphQLDirective,
  type GraphQLEnumType,
  type GraphQLSchema,
  getArgumentValues,
  isEnumType,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import { isScopePattern } from '../domain/scope.ts';

/**
 * The SDL of `@auth` and `@public`, to be added to a schema's type definitions. The schema defines `enum Role`, from the
 * least role to the greatest. A schema whose enum has another name writes these two definitions itself, with that name.
 *
 * @example
 * const schema = makeExecutableSchema({ typeDefs: [authTypeDefs, 'enum Role { USER ADMIN }', typeDefs], resolvers });
 */
export const authTypeDefs = /* GraphQL */ `
  """
  Who may read this. Every argument, every repetition, and the rules of the parent type, of its interfaces and of the
  type returned must all hold. Without arguments: any signed-in caller.
  """
  directive @auth(
    "At least this role, in the order of the enum."
    role: Role
    "Any of these sets, each set in full."
    scopes: [[String!]!]
    "A named function of the server: (parent, args, context) -> boolean."
    policy: String
    "Anonymous may call too, but a credential that is presented must be valid."
    optional: Boolean = false
  ) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

  "Marks a root field that needs no rule. It never weakens one."
  directive @public on FIELD_DEFINITION
`;

/** One `@auth` as it was written. */
export type AuthUse = {
  readonly role: string | null;
  readonly scopes: readonly (readonly string[])[] | null;
  readonly policy: string | null;
  readonly optional: boolean;
};

type NodeWithDirectives = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

/** A schema element with directives: in its SDL, or in its `extensions` if it was built in code. */
export type Directed = {
  readonly astNode?: NodeWithDirectives | null | undefined;
  readonly extensionASTNodes?: readonly NodeWithDirectives[] | null | undefined;
  readonly extensions?: Readonly<Record<PropertyKey, unknown>> | null | undefined;
};

type RawArguments = Readonly<Record<string, unknown>>;

/** Returns the arguments of each use of a directive on one element and its extensions. A repeated argument is null, which is invalid. */
export const directiveUses = (element: Directed, name: string): readonly RawArguments[] => {
  const nodes = [element.astNode, ...(element.extensionASTNodes ?? [])].flatMap((node) => node?.directives ?? []);
  return [...nodes.filter((node) => node.name.value === name).map(argumentsOf), ...extensionUses(element, name)];
};

const argumentsOf = (node: ConstDirectiveNode): RawArguments => {
  const values: Record<string, unknown> = Object.create(null);
  for (const { name, value } of node.arguments ?? []) {
    values[name.value] = name.value in values ? null : valueFromASTUntyped(value);
  }
  return values;
};

/** Code-first schemas keep directives in `extensions.directives`: `{auth: args | args[]}` or `[{name, args}]`. */
const extensionUses = ({ extensions }: Directed, name: string): readonly RawArguments[] => {
  const directives = extensions?.['directives'];
  if (Array.isArray(directives)) {
    return directives.filter((use) => use?.name === name).map((use) => use.args ?? {});
  }
  if (!isRecord(directives) || !Object.hasOwn(directives, name)) {
    return [];
  }
  return [directives[name]].flat().map((args) => (isRecord(args) ? args : {}));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const argumentTypes = { scopes: '[[String!]!]', policy: 'String', optional: 'Boolean' } as const;
const argumentNames = ['role', ...Object.keys(argumentTypes)];

/** Returns the role names from least to greatest: the values of the enum in the definition of `@auth`. */
export const rolesOf = (schema: GraphQLSchema): readonly string[] =>
  roleEnum(schema.getDirective('auth'))
    ?.getValues()
    .map(({ name }) => name) ?? [];

const roleEnum = (definition: GraphQLDirective | null | undefined): GraphQLEnumType | null => {
  const type = definition?.args.find(({ name }) => name === 'role')?.type;
  return isEnumType(type) ? type : null;
};

/** Returns what is wrong with the schema's definitions of the directives. `used`: which of them the schema uses. */
export const definitionProblems = (
  schema: GraphQLSchema,
  used: { readonly auth: boolean; readonly public: boolean },
): readonly string[] => {
  const auth = schema.getDirective('auth');
  const problems = schema
    .getDirectives()
    .filter((directive) => directive.name !== 'auth' && hasOurArguments(directive))
    .map(({ name }) => `@${name}: is @auth under another name, which would not be enforced`);
  if (used.auth && !(auth && hasOurArguments(auth))) {
    problems.push('@auth: is used, but its definition is missing or not the one in authTypeDefs');
  } else if (used.auth && auth && !hasOurDefaults(auth)) {
    problems.push('@auth: its definition has other default values than the one in authTypeDefs');
  }
  if (used.public && schema.getDirective('public')?.args.length !== 0) {
    problems.push('@public: is used, but its definition is missing or not the one in authTypeDefs');
  }
  return problems;
};

const hasOurArguments = (directive: GraphQLDirective): boolean =>
  roleEnum(directive) !== null &&
  Object.entries(argumentTypes).every(([name, type]) =>
    directive.args.some((arg) => arg.name === name && String(arg.type) === type),
  );

/** A default role, for example, would be a rule that cannot be seen where it applies. */
const hasOurDefaults = (directive: GraphQLDirective): boolean => {
  const bare: ConstDirectiveNode = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: directive.name } };
  const defaults = Object.entries(getArgumentValues(directive, bare));
  return defaults.every(([name, value]) => name === 'optional' && value === false);
};

type Known = { readonly roles: readonly string[]; readonly hasPolicy: (name: string) => boolean };

/** Parses the arguments of one `@auth` and lists what is wrong with them. Values are not coerced: `scopes: ["a", "b"]` is ambiguous. */
export const parseAuth = (
  args: RawArguments,
  known: Known,
): { readonly use: AuthUse; readonly problems: readonly string[] } => {
  const { role, scopes, policy, optional } = args;
  const use = {
    role: typeof role === 'string' ? role : null,
    scopes: isScopeSets(scopes) ? scopes : null,
    policy: typeof policy === 'string' ? policy : null,
    optional: optional === true,
  };
  return { use, problems: argumentProblems(args, known) };
};

const argumentProblems = (args: RawArguments, known: Known): readonly string[] => {
  const { role, scopes, policy, optional } = args;
  const problems = Object.keys(args)
    .filter((name) => !argumentNames.includes(name))
    .map((name) => `@auth has no argument "${name}"`);
  if (role !== undefined && !known.roles.some((name) => name === role)) {
    problems.push(`@auth has an unknown role: ${JSON.stringify(role)}`);
  }
  if (scopes !== undefined && !isScopeSets(scopes)) {
    problems.push('@auth needs scopes to be a list of lists of names, none of them empty');
  }
  if (isScopeSets(scopes) && scopes.flat().some(isScopePattern)) {
    problems.push('@auth cannot ask for a scope with a wildcard: wildcards are for granting');
  }
  if (policy !== undefined && !(typeof policy === 'string' && known.hasPolicy(policy))) {
    problems.push(`@auth has an unknown policy: ${JSON.stringify(policy)}`);
  }
  if (optional !== undefined && typeof optional !== 'boolean') {
    problems.push('@auth needs optional to be true or false');
  }
  if (optional === true && (role !== undefined || scopes !== undefined)) {
    problems.push('@auth with optional cannot ask for a role or scopes: callers would get around them by signing out');
  }
  return problems;
};

const isScopeSets = (value: unknown): value is readonly (readonly string[])[] =>
  isFilledArray(value) && value.every((set) => isFilledArray(set) && set.every((scope) => isFilledString(scope)));

const isFilledArray = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;

const isFilledString = (value: unknown): boolean => typeof value === 'string' && value !== '';
