import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type NamedTypeNode,
  type NameNode,
  specifiedScalarTypes,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  visit,
} from 'graphql';
import { didYouMean } from '../../domain/did-you-mean.ts';
import { type Problem, placeOf } from './sdl.ts';

type TypeNode = TypeDefinitionNode | TypeExtensionNode;

/** Our types by name, each with the names of its fields, values or members. */
export type OurTypes = ReadonlyMap<string, { readonly kind: Kind; readonly members: ReadonlySet<string> }>;

export const rootTypes: readonly string[] = ['Query', 'Mutation', 'Subscription'];

/** The names of what a type consists of. */
export const membersOf = (node: TypeNode): readonly NameNode[] => {
  if ('fields' in node && node.fields) return node.fields.map(({ name }: { readonly name: NameNode }) => name);
  if ('values' in node && node.values) return node.values.map(({ name }) => name);
  return 'types' in node && node.types ? node.types.map(({ name }) => name) : [];
};

export const readOurTypes = ({ definitions }: DocumentNode): OurTypes => {
  const types = new Map<string, { readonly kind: Kind; readonly members: Set<string> }>();
  for (const node of definitions) {
    if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) continue;
    const { value: name } = node.name;
    const known = types.get(name) ?? { kind: node.kind, members: new Set<string>() };
    for (const member of membersOf(node)) known.members.add(member.value);
    types.set(name, known);
  }
  return types;
};

/** Returns what of the user's definitions would take something of ours away, contradict it, or be merged unseen. */
export const checkDefinitions = (
  definitions: readonly DefinitionNode[],
  ours: OurTypes,
  ourDirectives: ReadonlySet<string>,
): readonly Problem[] => [
  ...definitions.flatMap((node) => problemsOf(node, ours, ourDirectives)),
  ...repeatedNames(definitions),
  ...unknownTypes(definitions, ours),
];

const problemsOf = (node: DefinitionNode, ours: OurTypes, ourDirectives: ReadonlySet<string>): readonly Problem[] => {
  if (node.kind === Kind.DIRECTIVE_DEFINITION) {
    if (!ourDirectives.has(node.name.value)) return [];
    return [`${placeOf(node)}: @${node.name.value}: is Fieldgate's directive. Remove this definition.`];
  }
  if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION) {
    return [
      `${placeOf(node)}: schema: Fieldgate's root types are Query, Mutation and Subscription. Remove this, and write extend type Query.`,
    ];
  }
  if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) {
    return [`${placeOf(node)}: is not a definition of a schema. Operations do not belong here.`];
  }
  const our = ours.get(node.name.value);
  return our ? problemsOfOurs(node, our.members) : [];
};

const problemsOfOurs = (node: TypeNode, members: ReadonlySet<string>): readonly Problem[] => {
  const { value: name } = node.name;
  const place = placeOf(node);
  if (name === 'Role')
    return [`${place}: enum Role: is made of "roles". Write roles: ['USER', …] in the configuration.`];
  const extended = membersOf(node);
  return [
    ...(isTypeDefinitionNode(node)
      ? [`${place}: ${name}: Fieldgate has this type. Write extend ${keywordOf(node)} ${name}.`]
      : []),
    ...(isExtensible(node) ? [] : [`${place}: ${name}: is Fieldgate's and cannot be extended. Only object types can.`]),
    ...(node.directives ?? []).map((use) => typeDirectiveProblem(name, use)),
    ...extended
      .filter(({ value }) => members.has(value))
      .map(
        (member) =>
          `${placeOf(member)}: ${name}.${member.value}: is Fieldgate's field and cannot be defined again. Choose another name.`,
      ),
    ...('interfaces' in node ? (node.interfaces ?? []) : []).map(
      (parent) =>
        `${placeOf(parent)}: ${name}: may not implement ${parent.name.value}, whose rules would change Fieldgate's own fields. Write a type of your own.`,
    ),
    ...(node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION
      ? (node.fields ?? [])
      : []
    )
      .filter((field) => !members.has(field.name.value))
      .flatMap((field) => ruleProblem(name, field)),
  ];
};

const keywordOf = (node: TypeDefinitionNode): string =>
  ({
    [Kind.OBJECT_TYPE_DEFINITION]: 'type',
    [Kind.INTERFACE_TYPE_DEFINITION]: 'interface',
    [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'input',
    [Kind.ENUM_TYPE_DEFINITION]: 'enum',
    [Kind.UNION_TYPE_DEFINITION]: 'union',
    [Kind.SCALAR_TYPE_DEFINITION]: 'scalar',
  })[node.kind];

const isExtensible = ({ kind }: TypeNode): boolean =>
  kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.OBJECT_TYPE_EXTENSION;

const typeDirectiveProblem = (name: string, use: ConstDirectiveNode): Problem =>
  `${placeOf(use)}: ${name}: may not carry @${use.name.value}, which would change Fieldgate's own fields. Write it on your fields.`;

/** A field of ours has the rules that we gave its type; one that is added has those that are written on it. */
const ruleProblem = (type: string, { name, directives = [] }: FieldDefinitionNode): readonly Problem[] => {
  if (directives.some((use) => use.name.value === 'auth' || use.name.value === 'public')) return [];
  const what = rootTypes.includes(type) ? 'is a root field' : "is added to Fieldgate's type";
  return [`${placeOf(name)}: ${type}.${name.value}: ${what} and says neither @auth nor @public. Say who may read it.`];
};

/** The schema builder would merge them without a word. */
const repeatedNames = (definitions: readonly DefinitionNode[]): readonly Problem[] => {
  const seen = new Map<string, DefinitionNode | NameNode>();
  const problems: Problem[] = [];
  const see = (coordinate: string, node: DefinitionNode | NameNode): void => {
    const first = seen.get(coordinate);
    if (first)
      problems.push(`${placeOf(node)}: ${coordinate}: is defined twice, first in ${placeOf(first)}. Remove one.`);
    else seen.set(coordinate, node);
  };
  for (const node of definitions) {
    if (node.kind === Kind.DIRECTIVE_DEFINITION) see(`@${node.name.value}`, node);
    if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) continue;
    // A root type may be written without `extend` in each of several files.
    if (isTypeDefinitionNode(node) && !rootTypes.includes(node.name.value)) see(node.name.value, node);
    for (const member of membersOf(node)) see(`${node.name.value}.${member.value}`, member);
  }
  return problems;
};

const unknownTypes = (definitions: readonly DefinitionNode[], ours: OurTypes): readonly Problem[] => {
  const known = new Set([...ours.keys(), ...rootTypes, ...specifiedScalarTypes.map(({ name }) => name)]);
  for (const node of definitions) if (isTypeDefinitionNode(node)) known.add(node.name.value);
  const problems: Problem[] = [];
  const check = (node: NamedTypeNode): void => {
    const { value: name } = node.name;
    if (!known.has(name)) problems.push(`${placeOf(node)}: ${name}: there is no such type.${didYouMean(name, known)}`);
  };
  for (const node of definitions) {
    if (isTypeExtensionNode(node) && !known.has(node.name.value)) {
      const { value: name } = node.name;
      problems.push(`${placeOf(node)}: ${name}: there is no such type to extend.${didYouMean(name, known)}`);
    }
    if (isTypeDefinitionNode(node) || isTypeExtensionNode(node) || node.kind === Kind.DIRECTIVE_DEFINITION) {
      visit(node, { NamedType: check });
    }
  }
  return problems;
};
