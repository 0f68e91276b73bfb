import {
  type ConstDirectiveNode,
  type GraphQLDirective,
  type GraphQLEnumType,
  type GraphQLSchema,
  getArgumentValues,
  isEnumType,
  Kind,
} from 'graphql';

const ourDefaults: Readonly<Record<string, unknown>> = { optional: false, onDenied: 'ERROR' };

const argumentTypes = { scopes: '[[String!]!]', policy: 'String', optional: 'Boolean' } as const;

/** Returns the enum of the roles: the type of `role` in the definition of `@auth`. Null if there is none. */
export const roleEnumOf = (schema: GraphQLSchema): GraphQLEnumType | null => roleEnum(schema.getDirective('auth'));

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
  return defaults.every(([name, value]) => Object.hasOwn(ourDefaults, name) && value === ourDefaults[name]);
};
