import { type DefinitionNode, Kind } from 'graphql';

/** Returns the coordinates of every field that these definitions add, to own types and to ours. */
export const ownFieldsOf = (definitions: readonly DefinitionNode[]): ReadonlySet<string> =>
  new Set(
    definitions.flatMap((node) =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION ||
      node.kind === Kind.OBJECT_TYPE_EXTENSION ||
      node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
      node.kind === Kind.INTERFACE_TYPE_EXTENSION
        ? (node.fields ?? []).map(({ name }) => `${node.name.value}.${name.value}`)
        : [],
    ),
  );
