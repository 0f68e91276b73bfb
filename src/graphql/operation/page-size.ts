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
import { maxPageSize } from '../../domain/page.ts';

/** The length assumed for a list whose field has neither `first` nor `last`. */
const assumedLength = 10;

/** Null: not known yet. A page whose size is a variable is then assumed to be the largest. */
export type Variables = Readonly<Record<string, unknown>> | null;

type Place = { readonly parent: GraphQLNamedType | undefined; readonly field: GraphQLField<unknown, unknown> };

/** Returns how many times the selection below a field is resolved, in one operation with these variables. */
export const pageSizes = ({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables) => {
  const variableOf = (name: string): unknown =>
    variables?.[name] ??
    numberIn(variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue);

  const asked = (node: FieldNode, { name, default: preset }: GraphQLArgument): unknown => {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE && variables === null) return maxPageSize;
    const given = value?.kind === Kind.VARIABLE ? variableOf(value.name.value) : numberIn(value);
    return given ?? numberIn(preset?.literal) ?? preset?.value;
  };

  return (node: FieldNode, { parent, field }: Place): number => {
    const sizes = field.args
      .filter(({ name }) => name === 'first' || name === 'last')
      .map((argument) => asked(node, argument))
      .filter((size) => typeof size === 'number');
    if (sizes.length > 0) return Math.min(Math.max(1, ...sizes), maxPageSize);
    // A list inside a connection is as long as the field that returned the connection says (Relay cursor connections §2).
    const isLong = isListType(getNullableType(field.type)) && !parent?.name.endsWith('Connection');
    return isLong ? assumedLength : 1;
  };
};

const numberIn = (value: ValueNode | undefined): number | undefined =>
  value?.kind === Kind.INT ? Number(value.value) : undefined;
