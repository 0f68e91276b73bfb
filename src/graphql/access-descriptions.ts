import { type AccessRow, accessMatrix } from '@fieldgate/guard';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import type { GraphQLSchema } from 'graphql';

/** Returns the guarded schema with a sentence in the description of each field that says who may read it. */
export const describeAccess = (schema: GraphQLSchema): GraphQLSchema => {
  const rows = new Map(accessMatrix(schema).map((row) => [row.coordinate, row]));
  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, fieldName, typeName) => {
      const row = rows.get(`${typeName}.${fieldName}`);
      const access = row ? describeRow(row) : null;
      return access === null ? field : { ...field, description: withAccess(field.description ?? '', access) };
    },
  });
};

/** In the first paragraph: in a list of fields GraphiQL shows no more. */
const withAccess = (description: string, access: string): string => {
  const end = description.search(/\n\s*\n|$/);
  return `${description.slice(0, end)} Access: ${access}.${description.slice(end)}`.trimStart();
};

/** Null where the field itself asks for nothing: whoever reaches its type may read it. */
const describeRow = ({ access, scopes, policies, reachedThrough }: AccessRow): string | null => {
  const isForEverybody = access['anonymous'] !== 'deny';
  if (isForEverybody && policies.length === 0) return reachedThrough.length === 0 ? 'everyone' : null;
  const names = policies.map(quote).join(' and ');
  return [
    isForEverybody ? 'callers' : describeRoles(access),
    ...(policies.length > 0 ? [`that the policy ${names} allows`] : []),
    ...scopes.map((sets) => `with the scope ${sets.map((set) => set.map(quote).join(' and ')).join(', or ')}`),
  ].join(' ');
};

/** The entries are in the order of the roles, after that of anonymous callers. */
const describeRoles = ({ anonymous: _, ...roles }: AccessRow['access']): string => {
  const allowed = Object.keys(roles).filter((role) => roles[role] !== 'deny');
  return allowed.length === Object.keys(roles).length
    ? 'signed-in callers'
    : `callers of the role ${allowed.join(' or ')}`;
};

const quote = (name: string): string => `\`${name}\``;
