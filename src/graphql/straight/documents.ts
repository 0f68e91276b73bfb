import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isLeafType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  specifiedRules,
  typeFromAST,
  type ValidationRule,
  validate,
} from 'graphql';
import { parse } from '../parsing.ts';

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
  /** On top of the specification's. A document that breaks one is somebody else's to report. */
  readonly rules: readonly ValidationRule[];
};

const mostDocuments = 1_000;
const longestKept = 10_000;

/** Compiling costs a hundred times what running does: only what comes again is worth it. */
const runsBeforeCompiling = 3;

/**
 * Texts → prepared operations, the most recent ones kept. Null for a text that does not parse, is not valid or has not
 * exactly the operation that is asked for: whoever reports such things looks at it afresh.
 */
export const createDocuments = (options: Options) => {
  const known = new Map<string, Prepared | null>();
  return (query: string, operationName: string | null): Prepared | null => {
    const key = operationName === null ? query : `${operationName}\n${query}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const prepared = prepare(options, query, operationName);
    if (key.length <= longestKept) {
      const [oldest] = known.size >= mostDocuments ? known.keys() : [];
      if (oldest !== undefined) known.delete(oldest);
      known.set(key, prepared);
    }
    return prepared;
  };
};

const prepare = (options: Options, query: string, operationName: string | null): Prepared | null => {
  const document = parseOrNull(query);
  if (!document || validate(options.schema, document, [...specifiedRules, ...options.rules]).length > 0) return null;
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  return {
    document,
    operation,
    accepts: createAccepts(options.schema, operation),
    execute: createExecute(options.schema, { document, node: operation, name: operationName }),
  };
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
    variableDefinitions.length === 0 || !getVariableValues(schema, variableDefinitions, variables).errors;

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
