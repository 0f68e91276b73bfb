import type { Authenticator, Decision, Viewer } from '@fieldgate/guard';
import { createVisibleSchemas, decideOperation, type Plan, type Rule } from '@fieldgate/guard/server';
import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { RequestContext } from '../context.ts';
import { hideTypes, NoSchemaField } from './hidden-schema.ts';
import type { PreparedOperation } from './prepare.ts';
import { fragmentsOf, rootFieldsOf } from './root-fields.ts';

/** Who sees the schema: everybody, each caller the part that their role can reach, or nobody. */
export type IntrospectionMode = 'full' | 'role' | 'off';

export type Introspection = {
  /** Validation rules on top of the specification's. */
  readonly rules: readonly ValidationRule[];
  /** Null where the operation does not ask for the schema, or everybody gets the same one. */
  readonly schemaFor: ((operation: PreparedOperation) => ShowSchema | null) | null;
  /** What of a result may be shown; null: all of it. */
  readonly hide: ((result: ExecutionResult, operation: PreparedOperation) => ExecutionResult) | null;
  readonly hideSuggestions: boolean;
};

/** Decides who asks for the schema, and executes against what that caller may see of it. */
export type ShowSchema = {
  readonly decide: (context: RequestContext) => Promise<Decision>;
  readonly execute: (
    viewer: Viewer,
    variables: Readonly<Record<string, unknown>>,
  ) => ExecutionResult | Promise<ExecutionResult>;
};

type IntrospectionDeps = { readonly schema: GraphQLSchema; readonly authenticate: Authenticator };

export const createIntrospection = (mode: IntrospectionMode, deps: IntrospectionDeps): Introspection => {
  switch (mode) {
    case 'full':
      return { rules: [], schemaFor: null, hide: null, hideSuggestions: false };
    case 'role':
      return { rules: [SchemaAlone], schemaFor: createSchemaByRole(deps), hide: null, hideSuggestions: true };
    case 'off':
      return { rules: [NoSchemaField], schemaFor: null, hide: hideTypes, hideSuggestions: true };
  }
};

/**
 * Asking for the schema is like asking for an optional field: anonymous callers see what they may read, and a credential that is
 * presented must be valid.
 */
const createSchemaByRole = ({ schema, authenticate }: IntrospectionDeps): Introspection['schemaFor'] => {
  const visibleTo = createVisibleSchemas(schema);
  return ({ document, operation, name }) => {
    if (!asksForSchema(document, operation)) return null;
    return {
      decide: async (context) => decideOperation(plan, await authenticate(context)),
      execute: (viewer, variableValues) =>
        execute({ schema: visibleTo(viewer), document, operationName: name, variableValues, hideSuggestions: true }),
    };
  };
};

const anybody: Rule = {
  coordinate: 'Query.__schema',
  optional: true,
  role: null,
  rolesAllowed: null,
  scopes: [],
  policies: [],
};
const plan: Plan = { operation: OperationTypeNode.QUERY, roots: [anybody], fields: [], rules: [anybody] };

const isAboutSchema = (name: string): boolean => name === '__schema' || name === '__type';

const asksForSchema = (document: DocumentNode, operation: OperationDefinitionNode): boolean =>
  [...rootFieldsOf(operation, fragmentsOf(document)).values()].some(({ name }) => isAboutSchema(name.value));

/** Two schemas cannot be executed at once: what asks for the smaller one stands in an operation by itself. */
const SchemaAlone = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition: (operation) => {
    const fields = [...rootFieldsOf(operation, fragmentsOf(context.getDocument())).values()];
    const about = fields.find(({ name }) => isAboutSchema(name.value));
    if (!about || fields.every(({ name }) => name.value.startsWith('__'))) return;
    const message = 'Ask for the schema in an operation that asks for nothing else.';
    context.reportError(new GraphQLError(message, { nodes: about }));
  },
});
