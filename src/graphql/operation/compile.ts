import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  typeFromAST,
  visit,
} from 'graphql';

export type Execute = (
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult>;

type CompileDeps = { readonly schema: GraphQLSchema; readonly hideSuggestions: boolean };

/** Compiling costs a hundred times what running does: only an operation that comes again is worth it. */
const runsBeforeCompiling = 3;

/** Runs one operation: interpreted at first, compiled when it comes again, if the compiler does exactly what graphql-js does. */
export const createExecute = (
  { schema, hideSuggestions }: CompileDeps,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Execute => {
  const operationName = operation.name?.value ?? null;
  const interpret: Execute = (contextValue, variableValues) =>
    execute({ schema, document, operationName, contextValue, variableValues, hideSuggestions });
  let current = interpret;
  let runs = 0;
  const compileLater = (): void => {
    if (!isCompilable(schema, document, operation)) return;
    compile(schema, document, operationName).then(
      (compiled) => {
        current = compiled ?? interpret;
      },
      () => {}, // What the compiler cannot take stays interpreted.
    );
  };
  return (context, variables) => {
    runs += 1;
    if (runs === runsBeforeCompiling) compileLater();
    return current(context, variables);
  };
};

/**
 * Queries whose variables are plain values: the compiler leaves out defaults inside input objects, and a mutation spends its time
 * elsewhere. It also writes names into code as properties of plain objects, so a name that every object has
 * (`$constructor`, `toString: id`) would be read from the prototype.
 */
const isCompilable = (
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, variableDefinitions = [] }: OperationDefinitionNode,
): boolean =>
  operation === OperationTypeNode.QUERY &&
  variableDefinitions.every(({ type }) => isLeafType(getNamedType(typeFromAST(schema, type as NamedTypeNode)))) &&
  !namesObjectMember(document);

const namesObjectMember = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Name: ({ value }) => {
      found ||= value in Object.prototype;
    },
  });
  return found;
};

/** Null where the compiler cannot. It is loaded when there is work for it. */
const compile = async (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null,
): Promise<Execute | null> => {
  const { compileQuery, isCompiledQuery } = await import('graphql-jit');
  const compiled = compileQuery(schema, document, operationName ?? undefined);
  return isCompiledQuery(compiled) ? (context, variables) => compiled.query(undefined, context, variables) : null;
};
