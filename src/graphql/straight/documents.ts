import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isLeafType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  specifiedRules,
  typeFromAST,
  type ValidationRule,
  validate,
} from 'graphql';
import type { DocumentLimit } from '../document-limit.ts';
import type { FieldLimits } from '../field-limits.ts';
import { parse } from '../parsing.ts';
import { allLimits, brokenLimit } from '../query-limits.ts';
import { createRecentDocuments } from '../recent-documents.ts';
import type { StraightRequest } from './request.ts';

/** An operation that is ready to run: parsed, valid, and compiled once it has come often enough. */
export type Prepared = {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Whether the variables are what the operation declares. What is wrong with them is Yoga's to say. */
  readonly accepts: (variables: Record<string, unknown>) => boolean;
  readonly execute: (context: object, variables: Record<string, unknown>) => ExecutionResult | Promise<ExecutionResult>;
};

type Options = {
  readonly schema: GraphQLSchema;
  readonly fieldLimits: FieldLimits;
  /** On top of the specification's. A document that breaks one is somebody else's to report. */
  readonly rules: readonly ValidationRule[];
  readonly mayLook: DocumentLimit['mayParse'];
};

/** Compiling costs a hundred times what running does: only what comes again is worth it. */
const runsBeforeCompiling = 3;

/** The operations of one document by their names; the only one of a document by `null` too. None of a text that is no good. */
type Operations = { readonly tokens: number; readonly byName: ReadonlyMap<string | null, Prepared> };

/** Texts → prepared operations, the most recent ones kept. */
export const createDocuments = (options: Options) => {
  const recent = createRecentDocuments<Operations>(({ tokens }) => tokens);

  /**
   * Null for a text that does not parse, is not valid, has not exactly the operation that is asked for, or may not be looked
   * at: whoever reports such things, and counts them, looks at it afresh.
   */
  const find = ({ query, operationName, context }: StraightRequest): Prepared | null => {
    // The text alone is the key: a name put before it could be read as a part of it, and the other way round.
    const known = recent.get(query);
    if (known) return known.byName.get(operationName) ?? null;
    if (!options.mayLook(context.client)) return null;
    const operations = prepare(options, query);
    const prepared = operations.byName.get(operationName) ?? null;
    // Known as good is what something good was asked of: else new texts could be looked at for nothing, each by a wrong name.
    if (prepared || operations === none) recent.set(query, operations);
    return prepared;
  };

  /** Whether the text has been looked at and was good. */
  const isKnown = (query: string): boolean => (recent.get(query) ?? none) !== none;

  return { find, isKnown };
};

const none: Operations = { tokens: 0, byName: new Map() };

const prepare = (options: Options, query: string): Operations => {
  const document = parseOrNull(query);
  if (!document || brokenLimit(options, document, { limits: allLimits })) return none;
  if (validate(options.schema, document, [...specifiedRules, ...options.rules]).length > 0) return none;
  const byName = new Map<string | null, Prepared>();
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  for (const operation of operations) {
    const name = operation.name?.value ?? null;
    const prepared = {
      document,
      operation,
      accepts: createAccepts(options.schema, operation),
      execute: createExecute(options.schema, { document, node: operation, name }),
    };
    byName.set(name, prepared);
    if (operations.length === 1) byName.set(null, prepared);
  }
  return { tokens: document.tokenCount ?? 0, byName };
};

const createExecute = (schema: GraphQLSchema, operation: Operation): Prepared['execute'] => {
  const interpreted = interpret(schema, operation);
  if (!isCompilable(schema, operation.node)) return interpreted;
  let runs = 0;
  let compiled: Prepared['execute'] | null = null;
  return (context, variables) => {
    if (compiled) return compiled(context, variables);
    runs += 1;
    if (runs === runsBeforeCompiling) {
      void compile(schema, operation).then(
        (done) => {
          compiled = done;
        },
        () => {}, // What the compiler chokes on stays interpreted.
      );
    }
    return interpreted(context, variables);
  };
};

type Operation = {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly name: string | null;
};

/**
 * Queries whose variables are plain values. The compiler leaves out defaults inside input objects, and a mutation spends
 * its time elsewhere.
 */
const isCompilable = (
  schema: GraphQLSchema,
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
): boolean =>
  operation === OperationTypeNode.QUERY &&
  variableDefinitions.every(({ type }) => isLeafType(getNamedType(typeFromAST(schema, type as NamedTypeNode))));

const createAccepts =
  (schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): Prepared['accepts'] =>
  (variables) =>
    variableDefinitions.length === 0 || !getVariableValues(schema, variableDefinitions, variables, firstError).errors;

/** Without a bound 100 KB of mistakes take half a minute to be described, and nobody reads it here. */
const firstError = { maxErrors: 0 };

const interpret =
  (schema: GraphQLSchema, { document, name: operationName }: Operation): Prepared['execute'] =>
  (contextValue, variableValues) =>
    execute({ schema, document, operationName, contextValue, variableValues });

/** Null where the compiler cannot: then the operation stays interpreted. The compiler is loaded when there is work for it. */
const compile = async (schema: GraphQLSchema, { document, name }: Operation): Promise<Prepared['execute'] | null> => {
  const { compileQuery, isCompiledQuery } = await import('graphql-jit');
  const compiled = compileQuery(schema, document, name ?? undefined);
  return isCompiledQuery(compiled) ? (context, variables) => compiled.query(undefined, context, variables) : null;
};

const parseOrNull = (query: string): DocumentNode | null => {
  try {
    return parse(query);
  } catch {
    return null;
  }
};
