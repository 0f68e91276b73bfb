/**
 * Returns whether a client leaves the choice of a JSON media type to the server. GraphQL over HTTP: refusals to such clients
 * are sent as `application/graphql-response+json`, where the HTTP status carries meaning.
 */
export const acceptsAnything = (accept: string | null): boolean => {
  const types = (accept ?? '*/*').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  const chooses = types.some((type) => type === 'application/json' || type === 'application/graphql-response+json');
  return !chooses && types.some((type) => type === '*/*' || type === 'application/*' || type === '');
};
