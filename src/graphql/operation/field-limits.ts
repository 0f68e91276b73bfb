import { SchemaRulesError } from '@fieldgate/guard';
import { directiveUses } from '@fieldgate/guard/server';
import { type GraphQLField, type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { type BucketName, bucketNames, isBucketName } from '../../domain/rate-limit.ts';

/** What one field says with `@limit`. `isPublic`: it is for whoever comes, and is counted so. */
export type FieldLimit = { readonly bucket: BucketName; readonly cost: number; readonly isPublic: boolean };

/** By coordinate. */
export type FieldLimits = ReadonlyMap<string, FieldLimit>;

/** Who gives one of these away has tried a credential, or made an account. */
const issued = 'AuthPayload';

/**
 * Reads every `@limit`. Throws one `SchemaRulesError` that lists what would not be counted: an unknown bucket, a field that is
 * not at the root of an operation, a mutation that issues tokens and says nothing.
 */
export const readFieldLimits = (schema: GraphQLSchema): FieldLimits => {
  const limits = new Map<string, FieldLimit>();
  const problems: string[] = [];
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      const found = readLimit(field);
      if (found.kind === 'limit') limits.set(coordinate, found.limit);
      if (found.kind === 'problem') problems.push(`${coordinate}: ${found.problem}`);
      if (found.kind !== 'none' && !roots.some((root) => root === type)) {
        problems.push(`${coordinate}: @limit is not counted here, but at the root of an operation`);
      }
      if (found.kind === 'none' && type === schema.getMutationType() && getNamedType(field.type).name === issued) {
        problems.push(`${coordinate}: issues tokens and says no @limit`);
      }
    }
  }
  if (problems.length > 0) throw new SchemaRulesError(problems);
  return limits;
};

type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'limit'; readonly limit: FieldLimit }
  | { readonly kind: 'problem'; readonly problem: string };

const readLimit = (field: GraphQLField<unknown, unknown>): Found => {
  const [use, second] = directiveUses(field, 'limit');
  if (use === undefined) return { kind: 'none' };
  if (second !== undefined) return { kind: 'problem', problem: 'says @limit twice' };
  const { bucket, cost = 1 } = use;
  if (!isBucketName(bucket)) return { kind: 'problem', problem: `@limit knows the buckets ${bucketNames.join(', ')}` };
  const isCost = typeof cost === 'number' && Number.isInteger(cost) && cost > 0;
  return isCost
    ? { kind: 'limit', limit: { bucket, cost, isPublic: directiveUses(field, 'public').length > 0 } }
    : { kind: 'problem', problem: '@limit needs a cost of 1 or more' };
};
