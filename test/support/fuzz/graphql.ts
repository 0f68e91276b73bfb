import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type Json, mutate, oddJson, oddText, type Random } from './random.ts';

export type GraphQLBody = { readonly [name: string]: Json };

type Grammar = {
  readonly random: Random;
  readonly schema: GraphQLSchema;
  /** What values of the server's own are made of: identifiers, addresses, tokens. */
  readonly known: readonly string[];
};

/** Makes a GraphQL request that fits the schema, nearly fits it, or has been damaged. */
export const randomGraphQLBody = (grammar: Grammar): GraphQLBody => {
  const { random } = grammar;
  const variables: Record<string, { readonly type: string; readonly value: Json }> = {};
  const text = randomDocument(grammar, variables);
  const query = random.oneIn(4) ? mutate(random, text) : text;
  const values = Object.fromEntries(Object.entries(variables).map(([name, { value }]) => [name, value]));
  return {
    ...(random.oneIn(100) ? {} : { query }),
    ...(random.oneIn(30) ? { variables: oddJson(random) } : { variables: values }),
    ...(random.oneIn(20) ? { operationName: random.pick([oddText(random), 'A', null]) } : {}),
    ...(random.oneIn(30) ? { extensions: oddJson(random) } : {}),
    ...(random.oneIn(50) ? { extensions: { persistedQuery: { version: 1, sha256Hash: oddText(random) } } } : {}),
    ...(random.oneIn(50) ? { [oddText(random)]: oddJson(random) } : {}),
  };
};

type Variables = Record<string, { readonly type: string; readonly value: Json }>;

const randomDocument = (grammar: Grammar, variables: Variables): string => {
  const { random, schema } = grammar;
  if (random.oneIn(40)) return oddText(random);
  if (random.oneIn(300))
    return '{ __schema { types { name fields { name args { name } } } } __type(name: "User") { name } }';
  const isMutation = random.oneIn(4);
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('The schema has no such operations.');
  const selection = selectionOf(grammar, root, { depth: random.oneIn(50) ? 12 : 4, variables });
  const declared = Object.entries(variables).map(([name, { type }]) => `$${name}: ${type}`);
  const operation = isMutation ? 'mutation' : random.oneIn(40) ? 'subscription' : 'query';
  const name = random.pick(['', 'A', 'me', '__proto__', 'query']);
  const fragments = random.oneIn(25)
    ? ` fragment F on ${random.pick(['User', 'Query', 'Nothing'])} { id ${random.pick(['...F', '__typename', '...G'])} } fragment G on User { ...F }`
    : '';
  return `${operation} ${name} ${declared.length > 0 ? `(${declared.join(', ')})` : ''} ${selection}${fragments}`;
};

type Place = { readonly depth: number; readonly variables: Variables };

const selectionOf = (grammar: Grammar, type: GraphQLOutputType, place: Place): string => {
  const { random } = grammar;
  const named = getNamedType(type);
  const fields = isObjectType(named) ? Object.values(named.getFields()) : [];
  if (fields.length === 0) return '{ __typename }';
  const picked = random.some(3, () => fieldOf(grammar, random.pick(fields), place));
  const extra = random.oneIn(25)
    ? [random.pick(['__typename', '...F', '... { __typename }', `... on ${named.name} { __typename }`, 'nothing'])]
    : [];
  return `{ ${[...picked, ...extra].join(' ') || '__typename'} }`;
};

const fieldOf = (grammar: Grammar, { name, args, type }: GraphQLField<unknown, unknown>, place: Place): string => {
  const { random } = grammar;
  const alias = random.oneIn(8) ? `${random.pick(['a', 'b', '__proto__', 'constructor', 'toString'])}: ` : '';
  const given = args
    .filter((argument) => isNonNullType(argument.type) || random.oneIn(2))
    .map((argument) => `${argument.name}: ${argumentOf(grammar, argument, place)}`);
  const directive = random.oneIn(30)
    ? ` ${random.pick(['@include(if: true)', '@skip(if: $x)', '@include(if: "no")', '@auth', '@deprecated', '@nothing'])}`
    : '';
  const nested = isCompositeType(getNamedType(type));
  const below = nested && place.depth > 0 ? ` ${selectionOf(grammar, type, { ...place, depth: place.depth - 1 })}` : '';
  return `${alias}${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${directive}${nested && !below ? ' { __typename }' : below}`;
};

const argumentOf = (grammar: Grammar, argument: GraphQLArgument, { variables }: Place): string => {
  const value = someValue(grammar, argument.type);
  if (!grammar.random.oneIn(3)) return toLiteral(value);
  const name = grammar.random.pick([`v${Object.keys(variables).length}`, '__proto__', 'constructor']);
  Object.defineProperty(variables, name, {
    value: { type: grammar.random.oneIn(20) ? 'String' : String(argument.type), value: toJson(value) },
    enumerable: true,
    configurable: true,
  });
  return `$${name}`;
};

/** The name of an enum value: quoted in JSON, not in a document. */
class EnumName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Value = Json | EnumName | readonly Value[] | { readonly [name: string]: Value };

/** Mostly of its type. */
const someValue = (grammar: Grammar, type: GraphQLInputType, depth = 3): Value => {
  const { random, known } = grammar;
  if (random.oneIn(40)) return oddJson(random);
  if (isNonNullType(type)) return someValue(grammar, type.ofType, depth);
  if (isListType(type)) return random.some(3, () => someValue(grammar, type.ofType, depth - 1));
  if (isEnumType(type)) return new EnumName(random.pick(type.getValues()).name);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => depth > 0 && isGiven(random, field));
    return Object.fromEntries(fields.map((field) => [field.name, someValue(grammar, field.type, depth - 1)]));
  }
  if (type.name === 'Int') return random.oneIn(20) ? random.pick([-1, 0, 2 ** 31, 0.5]) : 1 + random.below(100);
  if (type.name === 'Boolean') return random.oneIn(2);
  return random.oneIn(3) ? oddText(random) : random.pick(known);
};

const isGiven = (random: Random, { type }: GraphQLInputField): boolean => isNonNullType(type) || random.oneIn(2);

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

const toLiteral = (value: Value): string => {
  if (value instanceof EnumName) return value.name;
  if (isList(value)) return `[${value.map(toLiteral).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, each]) => `${/^[_A-Za-z]\w*$/.test(name) ? name : 'x'}: ${toLiteral(each)}`)
    .join(', ')}}`;
};

const toJson = (value: Value): Json => {
  if (value instanceof EnumName) return value.name;
  if (isList(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]));
};
