import type { Authenticator, Decision, Viewer } from '@fieldgate/guard';
import { createVisibleSchemas, decideOperation, type Plan, type Rule } from '@fieldgate/guard/server';
import {
  type ASTVisitor,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { RequestContext } from '../context.ts';
import { NoSchemaField } from './hidden-schema.ts';
import type { PreparedOperation } from './prepare.ts';
import { fragmentsOf, isAboutSchema, rootFieldsOf } from './root-fields.ts';

/** Who sees the schema: everybody, each caller the part that their role can reach, or nobody. */
export type IntrospectionMode = 'full' | 'role' | 'off';

export type Introspection = {
  /** Validation rules on top of the specification's. */
  readonly rules: readonly ValidationRule[];
  readonly hideSuggestions: boolean;
  /** Null where everybody gets the same schema. */
  readonly schemaByCaller: SchemaByCaller | null;
};

/** Decides who asks for the schema, and executes against what that caller may see of it. */
export type SchemaByCaller = {
  readonly decide: (context: RequestContext) => Promise<Decision>;
  readonly execute: (
    viewer: Viewer,
    operation: Pick<PreparedOperation, 'document' | 'name'>,
    variables: Readonly<Record<string, unknown>>,
  ) => ExecutionResult | Promise<ExecutionResult>;
};

type IntrospectionDeps = { readonly schema: GraphQLSchema; readonly authenticate: Authenticator };

export const createIntrospection = (mode: IntrospectionMode, deps: IntrospectionDeps): Introspection => {
  switch (mode) {
    case 'full':
      return { rules: [], hideSuggestions: false, schemaByCaller: null };
    case 'role':
      return { rules: [IntrospectionAlone], hideSuggestions: true, schemaByCaller: createSchemaByCaller(deps) };
    case 'off':
      return { rules: [NoSchemaField], hideSuggestions: true, schemaByCaller: null };
  }
};

/**
 * Asking for the schema is like asking for an optional field: anonymous callers see what they may read, and a credential that is
 * presented must be valid.
 */
const createSchemaByCaller = ({ schema, authenticate }: IntrospectionDeps): SchemaByCaller => {
  const visibleTo = createVisibleSchemas(schema);
  return {
    decide: async (context) => decideOperation(plan, await authenticate(context), unclocked),
    execute: (viewer, { document, name }, variableValues) =>
      execute({ schema: visibleTo(viewer), document, operationName: name, variableValues, hideSuggestions: true }),
  };
};

const anybody: Rule = {
  coordinate: 'Query.__schema',
  optional: true,
  role: null,
  rolesAllowed: null,
  scopes: [],
  policies: [],
  maxAge: null,
  amr: [],
  exposed: true,
};
/** The rule asks for no time. */
const unclocked = (): number => 0;
const plan: Plan = { operation: OperationTypeNode.QUERY, roots: [anybody], fields: [], rules: [anybody], hides: false };

/** An operation is executed against one schema, so `__schema` and `__type` may not be mixed with other fields. */
const IntrospectionAlone = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition: (operation) => {
    const fields = [...rootFieldsOf(operation, fragmentsOf(context.getDocument())).values()];
    const about = fields.find(({ name }) => isAboutSchema(name.value));
    if (!about || fields.every(({ name }) => name.value.startsWith('__'))) return;
    const message = 'Ask for the schema in an operation that asks for nothing else.';
    context.reportError(new GraphQLError(message, { nodes: about }));
  },
});
