import { guardSchema, type Policies, SchemaRulesError } from '@fieldgate/guard';
import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  validateSchema,
} from 'graphql';
import type { Roles } from '../../domain/role.ts';
import { readFieldLimits } from '../operation/field-limits.ts';
import { checkDefinitions, membersOf, type OurTypes, readOurTypes } from './definitions.ts';
import type { OwnSchema } from './own-schema.ts';
import { checkResolvers, type NamedMap } from './resolver-map.ts';
import { type Problem, parseSources, placeOf, type SdlSource } from './sdl.ts';

type Composition = {
  readonly sources: readonly SdlSource[];
  readonly maps: readonly NamedMap[];
  readonly policies: Policies;
  readonly roles: Roles;
  /** Ours, with the roles that the user chose. */
  readonly ours: DocumentNode;
  readonly ourPolicies: Policies;
};

/** Checks everything that can be known without a store, and lists all that is wrong. */
export const composeOwnSchema = (
  composition: Composition,
): { readonly own: OwnSchema; readonly problems: readonly Problem[] } => {
  const { sources, maps, policies, ours, ourPolicies } = composition;
  const parsed = parseSources(sources);
  const ourTypes = readOurTypes(ours);
  const { definitions } = parsed;
  const found = [
    ...parsed.problems,
    ...Object.keys(policies)
      .filter((name) => Object.hasOwn(ourPolicies, name))
      .map((name) => `policies.${name}: is Fieldgate's policy and cannot be replaced. Choose another name.`),
    ...checkDefinitions(definitions, ourTypes, directivesOf(ours)),
    // What a file that cannot be parsed defines would be missing.
    ...(parsed.problems.length === 0 ? checkResolvers(maps, definitions, ourTypes) : []),
  ];
  const own = { definitions: definitions.flatMap((node) => acceptable(node, ourTypes)), maps, policies };
  const whole = parsed.problems.length > 0 ? [] : wholeProblems(own, composition, found.length > 0);
  return { own, problems: [...found, ...whole] };
};

const directivesOf = ({ definitions }: DocumentNode): ReadonlySet<string> =>
  new Set(definitions.flatMap((node) => (node.kind === Kind.DIRECTIVE_DEFINITION ? [node.name.value] : [])));

/** Leaves out what was refused already, so that the rest can be looked at too. */
const acceptable = (node: DefinitionNode, ours: OurTypes): readonly DefinitionNode[] => {
  if (node.kind === Kind.DIRECTIVE_DEFINITION) return [node];
  if (!isTypeDefinitionNode(node) && !isTypeExtensionNode(node)) return [];
  const our = ours.get(node.name.value);
  if (!our) return [node];
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) return [];
  const fields = (node.fields ?? []).filter(({ name }) => !our.members.has(name.value));
  if (fields.length === 0) return [];
  return [{ kind: Kind.OBJECT_TYPE_EXTENSION, name: node.name, fields, ...(node.loc ? { loc: node.loc } : {}) }];
};

/** Reads the schema as a whole: its validity, rules and limits. `isKnownWrong`: an error of the builder has been told before. */
const wholeProblems = (
  { definitions, policies }: OwnSchema,
  { roles, ours, ourPolicies }: Composition,
  isKnownWrong: boolean,
): readonly Problem[] => {
  const places = placesIn(definitions);
  const at = (problem: string): Problem => {
    const coordinate = /^[@\w.]+/.exec(problem)?.[0] ?? '';
    const place = places.get(coordinate);
    return place === undefined ? problem : `${place}: ${problem}`;
  };
  let schema: GraphQLSchema;
  try {
    schema = makeExecutableSchema({ typeDefs: [ours, { kind: Kind.DOCUMENT, definitions }], assumeValid: true });
  } catch (error) {
    return isKnownWrong ? [] : [`schema: ${error instanceof Error ? error.message : String(error)}`];
  }
  const invalid = validateSchema(schema).map(({ message, nodes }) => {
    const node = nodes?.find(({ loc }) => loc !== undefined);
    return node ? `${placeOf(node)}: ${message}` : message;
  });
  if (invalid.length > 0) return isKnownWrong ? [] : invalid;
  const check = (work: () => unknown): readonly Problem[] => {
    try {
      work();
      return [];
    } catch (error) {
      if (error instanceof SchemaRulesError) return error.problems.filter(isNew).map(at);
      throw error;
    }
  };
  return [
    ...check(() => guardSchema(schema, { roles: roles.names, policies: { ...policies, ...ourPolicies } })),
    ...check(() => readFieldLimits(schema)),
  ];
};

/** Said by `checkDefinitions`, with the place. */
const isNew = (problem: string): boolean => !problem.endsWith('is a root field with neither @auth nor @public');

/** Where each type and field of the user is written, by coordinate. */
const placesIn = (definitions: readonly DefinitionNode[]): ReadonlyMap<string, string> =>
  new Map(
    definitions
      .filter(
        (node): node is TypeDefinitionNode | TypeExtensionNode =>
          isTypeDefinitionNode(node) || isTypeExtensionNode(node),
      )
      .flatMap((node) => [
        [node.name.value, placeOf(node)] as const,
        ...membersOf(node).map((member) => [`${node.name.value}.${member.value}`, placeOf(member)] as const),
      ]),
  );
