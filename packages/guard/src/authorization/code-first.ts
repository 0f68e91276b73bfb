import { buildASTSchema, DirectiveLocation, GraphQLDirective, type GraphQLEnumType, isEnumType, parse } from 'graphql';
import { type AuthTypeDefsOptions, authTypeDefs } from './type-defs.ts';

export type AuthDirectiveOptions = {
  /** The name of the enum that is made of the role names. Default: `Role`. */
  readonly roleEnum?: string;
  readonly onDenied?: NonNullable<AuthTypeDefsOptions['onDenied']>;
};

/**
 * Returns the definition of `@auth` for a schema that is built in code, to be put among its directives. `roles`: the names, of
 * which an enum is made, or the enum that the schema has already. Throws TypeError as `authTypeDefs` does.
 *
 * @example
 * const query = new GraphQLObjectType({
 *   name: 'Query',
 *   fields: {
 *     hello: { type: GraphQLString, extensions: publicExtension },
 *     reports: { type: GraphQLString, extensions: authExtension({ role: 'ADMIN' }) },
 *   },
 * });
 * const roles = ['USER', 'ADMIN'];
 * const directives = [...specifiedDirectives, authDirective(roles), publicDirective];
 * const schema = guardSchema(new GraphQLSchema({ query, directives }), { roles });
 */
export const authDirective = (
  roles: readonly string[] | GraphQLEnumType,
  options: AuthDirectiveOptions = {},
): GraphQLDirective => {
  if (!isEnumType(roles)) return definitionOf(authTypeDefs(roles, options));
  const names = roles.getValues().map(({ name }) => name);
  const config = definitionOf(authTypeDefs(names, { ...options, roleEnum: roles.name })).toConfig();
  return new GraphQLDirective({ ...config, args: { ...config.args, role: { ...config.args['role'], type: roles } } });
};

/** From the SDL, so that there is one definition. */
const definitionOf = (typeDefs: string): GraphQLDirective => {
  const directive = buildASTSchema(parse(typeDefs)).getDirective('auth');
  if (!directive) throw new TypeError('The SDL of @auth does not define it.');
  return directive;
};

/** The definition of `@public` for a schema that is built in code. */
export const publicDirective: GraphQLDirective = new GraphQLDirective({
  name: 'public',
  description: 'Marks a root field that needs no rule. It never weakens one.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
});

/** The arguments of one `@auth`, as in SDL. */
export type AuthRule = {
  readonly role?: string;
  readonly scopes?: readonly (readonly string[])[];
  readonly policy?: string;
  readonly optional?: boolean;
  readonly onDenied?: 'ERROR' | 'FILTER';
};

/**
 * Returns the `extensions` of a field or type with these rules, each like one `@auth`, which must all be met. Without a rule: any
 * signed-in caller. `guardSchema` checks them. Spread it into other extensions of the field.
 *
 * @example
 * const field = { type: GraphQLString, extensions: authExtension({ role: 'ADMIN' }, { scopes: [['reports:read']] }) };
 * const inPothos = { nullable: true, extensions: { ...authExtension({ policy: 'owns' }), mine: true } };
 */
export const authExtension = (...rules: readonly AuthRule[]) => ({
  directives: { auth: rules.length === 0 ? [{}] : rules },
});

/** The `extensions` of a root field with `@public`. */
export const publicExtension = { directives: { public: [{}] } } as const;
