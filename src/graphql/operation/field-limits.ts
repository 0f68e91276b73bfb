import { SchemaRulesError } from '@fieldgate/guard';
import { directiveUses } from '@fieldgate/guard/server';
import { type GraphQLField, type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { type BucketName, bucketNames, isBucketName } from '../../domain/rate-limit.ts';

/**
 * The `@limit` of one field. `none`: counted nowhere. `isPublic`: the caller is counted by address, whatever credential was sent.
 */
export type FieldLimit = {
  readonly bucket: BucketName | 'none';
  readonly cost: number;
  readonly isPublic: boolean;
};

/** By coordinate. */
export type FieldLimits = ReadonlyMap<string, FieldLimit>;

/**
 * Returns whether a root field is public and has `@limit`: it is counted in that bucket, or nowhere, and never in the general quota. So are
 * signing in, refreshing and signing out.
 */
export const isOutsideGeneralQuota = (limits: FieldLimits, coordinate: string): boolean =>
  limits.get(coordinate)?.isPublic === true;

/** A field that returns one of these has tried a credential or created an account. */
const issuing: ReadonlySet<string> = new Set(['SignInPayload', 'AuthPayload']);

/**
 * Reads every `@limit`. Throws one `SchemaRulesError` that lists what would not be counted: an unknown bucket, a field that is
 * not a root field, a mutation that issues tokens without `@limit`.
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
        problems.push(`${coordinate}: @limit works on root fields only`);
      }
      if (found.kind === 'none' && type === schema.getMutationType() && issuing.has(getNamedType(field.type).name)) {
        problems.push(`${coordinate}: issues tokens and has no @limit`);
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
  if (second !== undefined) return { kind: 'problem', problem: 'has @limit twice' };
  const { bucket, cost = 1 } = use;
  if (bucket !== 'none' && !isBucketName(bucket))
    return { kind: 'problem', problem: `@limit takes one of the buckets ${bucketNames.join(', ')}, or none` };
  const isCost = typeof cost === 'number' && Number.isInteger(cost) && cost > 0;
  return isCost
    ? { kind: 'limit', limit: { bucket, cost, isPublic: directiveUses(field, 'public').length > 0 } }
    : { kind: 'problem', problem: '@limit needs a cost of 1 or more' };
};
