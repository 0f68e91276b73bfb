import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  getNullableType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
} from 'graphql';

/** What services give at most of one list; who asks for more is refused by them. */
const largestPage = 100;
/** What a list is taken to hold whose field has no `first` or `last`. */
const assumedLength = 10;

/** Null: not known yet. Variables that say how long a page is are taken to ask for the longest. */
export type Variables = Readonly<Record<string, unknown>> | null;

type Place = { readonly parent: GraphQLNamedType | undefined; readonly field: GraphQLField<unknown, unknown> };

/** How many times what is below a field is resolved, in one operation with these variables. */
export const pageSizes = ({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables) => {
  const variableOf = (name: string): unknown =>
    variables?.[name] ??
    numberIn(variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue);

  const asked = (node: FieldNode, { name, default: preset }: GraphQLArgument): unknown => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE && variables === null) return largestPage;
    const given = value?.kind === Kind.VARIABLE ? variableOf(value.name.value) : numberIn(value);
    return given ?? numberIn(preset?.literal) ?? preset?.value;
  };

  return (node: FieldNode, { parent, field }: Place): number => {
    const sizes = field.args
      .filter(({ name }) => name === 'first' || name === 'last')
      .map((argument) => asked(node, argument))
      .filter((size) => typeof size === 'number');
    if (sizes.length > 0) return Math.min(Math.max(1, ...sizes), largestPage);
    // The lists in a connection are as long as the field says that gave it (Relay cursor connections §2).
    const isLong = isListType(getNullableType(field.type)) && !parent?.name.endsWith('Connection');
    return isLong ? assumedLength : 1;
  };
};

const numberIn = (value: ValueNode | undefined): number | undefined =>
  value?.kind === Kind.INT ? Number(value.value) : undefined;
