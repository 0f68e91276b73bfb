import type { Authenticator } from '@fieldgate/guard';
import { createVisibleSchemas, decideOperation, type Plan, type Rule, refusalError } from '@fieldgate/guard/server';
import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { RequestContext } from './context.ts';
import { fragmentsOf, rootFieldsOf } from './root-fields.ts';

/** Who is told what the schema holds: everybody, each caller what is there for their role, or nobody. */
export type Introspection = 'full' | 'role' | 'off';

type Options = {
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticator;
  readonly resourceMetadata: string;
};

/**
 * Shows each caller the schema that is there for their role. Asking for it is like asking for an optional field: anonymous
 * callers see what is theirs, and a credential that is presented must be valid.
 */
export const useIntrospectionByRole = ({ schema, authenticate, resourceMetadata }: Options): Plugin<RequestContext> => {
  const visibleTo = createVisibleSchemas(schema);
  return {
    onValidate: ({ addValidationRule }) => addValidationRule(SchemaAlone),
    onExecute: async ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      if (!asksForSchema(args.document, args.operationName)) return;
      const decision = decideOperation(plan, await authenticate(args.contextValue));
      if (decision.kind === 'refuse') {
        return setResultAndStopExecution({ errors: [refusalError(decision, resourceMetadata)] });
      }
      setExecuteFn((last) => executeFn({ ...last, schema: visibleTo(decision.viewer) }));
    },
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

const asksForSchema = (document: DocumentNode, operationName: string | null | undefined): boolean => {
  const operation = getOperationAST(document, operationName);
  if (!operation) return false;
  return [...rootFieldsOf(operation, fragmentsOf(document)).values()].some(({ name }) => isAboutSchema(name.value));
};

/** Two schemas cannot be executed at once: what is asked of the smaller one stands in an operation of its own. */
const SchemaAlone = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition: (operation) => {
    const fields = [...rootFieldsOf(operation, fragmentsOf(context.getDocument())).values()];
    const about = fields.find(({ name }) => isAboutSchema(name.value));
    if (!about || fields.every(({ name }) => name.value.startsWith('__'))) return;
    const message = 'Ask for the schema in an operation of its own.';
    context.reportError(new GraphQLError(message, { nodes: about }));
  },
});
