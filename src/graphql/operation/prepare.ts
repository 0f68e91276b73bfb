import { handleMaybePromise } from '@whatwg-node/promise-helpers';
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  specifiedRules,
  TypeInfo,
  type ValidationRule,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createExecute, type Execute } from './compile.ts';
import { type FieldLimits, isOutsideGeneralQuota } from './field-limits.ts';
import { hideTypes, typeKeysOf } from './hidden-schema.ts';
import { parseDocument } from './parse.ts';
import { brokenLimit, limitsOfShape, repetitionError } from './query-limits.ts';
import { withoutQuotedValues } from './quoted-values.ts';
import { isTooRepetitive } from './repetition.ts';
import { asksForSchema, fragmentsOf, rootFieldsOf } from './root-fields.ts';

type Variables = Readonly<Record<string, unknown>>;

/** An operation that is ready to run: parsed, within the limits, valid, and compiled once it has come often enough. */
export type PreparedOperation = {
  readonly document: DocumentNode;
  readonly kind: `${OperationTypeNode}`;
  readonly name: string | null;
  readonly asksForSchema: boolean;
  /** Whether it selects a field of the user's, whose resolvers need their context. */
  readonly selectsOwn: boolean;
  /** Whether all its fields are counted in their own buckets or nowhere: signing in, refreshing, signing out. */
  readonly isSignIn: boolean;
  /** Returns the limit that the operation breaks with these variables, or null. Null where no page size can be too much. */
  readonly checkCost: ((variables: Variables) => GraphQLError | null) | null;
  /**
   * Returns what is wrong with the variables, or null. Null where there are none. Errors describe types of the schema: ask after the
   * caller was admitted.
   */
  readonly checkVariables: ((variables: Variables) => readonly GraphQLError[] | null) | null;
  readonly execute: Execute;
};

/** The operations of one document by name; the only one of a document also under `null`. */
export type PreparedDocument = {
  readonly tokens: number;
  readonly operations: ReadonlyMap<string | null, PreparedOperation>;
};

export type PrepareDeps = {
  readonly schema: GraphQLSchema;
  readonly fieldLimits: FieldLimits;
  /** The coordinates of the fields that the user has added. */
  readonly ownFields: ReadonlySet<string>;
  /** Validation rules on top of the specification's. */
  readonly rules: readonly ValidationRule[];
  /** Whether messages leave out what a misspelt name may have meant: it would be a part of the schema. */
  readonly hideSuggestions: boolean;
  /** Whether `__type` answers null. */
  readonly hideTypes: boolean;
};

/** Clients rarely read more, and each costs time. */
const maxValidationErrors = 5;

/** Parses, measures and validates a document. `refuse` is called after parsing: a document that it refuses is not validated. */
export const prepareDocument = (
  deps: PrepareDeps,
  text: string,
  refuse: (document: DocumentNode) => GraphQLError | null,
): PreparedDocument | readonly GraphQLError[] => {
  const document = parseOrError(text);
  if (document instanceof GraphQLError) return [document];
  const refused = refuse(document) ?? refuseShape(deps, document);
  if (refused) return [refused];
  const { hideSuggestions } = deps;
  const rules = [...specifiedRules, ...deps.rules];
  const errors = validate(deps.schema, document, rules, { maxErrors: maxValidationErrors, hideSuggestions });
  if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
  return { tokens: document.tokenCount ?? 0, operations: prepareOperations(deps, document) };
};

const refuseShape = (deps: PrepareDeps, document: DocumentNode): GraphQLError | null =>
  isTooRepetitive(document) ? repetitionError() : brokenLimit(deps, document, { limits: limitsOfShape });

const parseOrError = (text: string): DocumentNode | GraphQLError => {
  try {
    return parseDocument(text);
  } catch (error) {
    if (error instanceof GraphQLError) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    throw error;
  }
};

const prepareOperations = (
  deps: PrepareDeps,
  document: DocumentNode,
): ReadonlyMap<string | null, PreparedOperation> => {
  const mayCostTooMuch = brokenLimit(deps, document, { limits: ['cost'] }) !== null;
  const checkCost = (variables: Variables) => brokenLimit(deps, document, { limits: ['cost'], variables });
  const selectsOwn = deps.ownFields.size > 0 && selectsAny(deps.schema, document, deps.ownFields);
  const typeKeys = deps.hideTypes ? typeKeysOf(document) : [];
  const prepared = document.definitions
    .filter((node) => node.kind === Kind.OPERATION_DEFINITION)
    .map((operation): PreparedOperation => {
      const execute = createExecute(deps, document, operation);
      return {
        document,
        kind: operation.operation,
        name: operation.name?.value ?? null,
        asksForSchema: asksForSchema(document, operation),
        selectsOwn,
        isSignIn: isSignIn(deps, document, operation),
        checkCost: mayCostTooMuch ? checkCost : null,
        checkVariables: operation.variableDefinitions?.length
          ? (variables) => checkVariables(deps, operation, variables)
          : null,
        execute: typeKeys.length > 0 ? hidingTypes(execute, typeKeys) : execute,
      };
    });
  const [only] = prepared.length === 1 ? prepared : [];
  return new Map([...prepared.map((each) => [each.name, each] as const), ...(only ? [[null, only] as const] : [])]);
};

/** Whether any operation or fragment of a valid document selects one of the fields. */
const selectsAny = (schema: GraphQLSchema, document: DocumentNode, coordinates: ReadonlySet<string>): boolean => {
  const types = new TypeInfo(schema);
  let found = false;
  const Field = ({ name }: FieldNode): void => {
    found ||= coordinates.has(`${types.getParentType()?.name}.${name.value}`);
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
};

const isSignIn = (
  { schema, fieldLimits }: PrepareDeps,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): boolean => {
  const root = schema.getRootType(operation.operation)?.name;
  const fields = [...rootFieldsOf(operation, fragmentsOf(document)).values()];
  return fields.every(
    ({ name }) => name.value === '__typename' || isOutsideGeneralQuota(fieldLimits, `${root}.${name.value}`),
  );
};

const hidingTypes =
  (execute: Execute, typeKeys: readonly string[]): Execute =>
  (context, variables) =>
    handleMaybePromise(
      () => execute(context, variables),
      (result) => hideTypes(result, typeKeys),
    );

/** The engine would describe fifty mistakes, each with the value it is about: 100 KB of them would be an answer of 9 MB. */
const maxVariableErrors = 3;

const checkVariables = (
  { schema, hideSuggestions }: PrepareDeps,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
): readonly GraphQLError[] | null => {
  const { errors } = getVariableValues(schema, variableDefinitions, variables, {
    maxErrors: maxVariableErrors,
    hideSuggestions,
  });
  if (!errors) return null;
  if (errors.length <= maxVariableErrors) return errors.map((error) => withCode(error, 'BAD_USER_INPUT'));
  const message = `More than ${maxVariableErrors} values in the variables are not of their types.`;
  return [withCode(new GraphQLError(message), 'BAD_USER_INPUT')];
};

/** 400 where the media type lets a status say so: see GraphQL over HTTP §6.4. */
const withCode = (error: GraphQLError, code: string): GraphQLError => {
  const { message, nodes, source, positions, path, originalError } = error;
  const http = { spec: true, status: 400 };
  return new GraphQLError(withoutQuotedValues(message), {
    ...{ nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null },
    ...{ originalError: originalError ?? null, extensions: { code, http, ...error.extensions } },
  });
};
