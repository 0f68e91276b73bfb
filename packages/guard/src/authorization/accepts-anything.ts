/** GraphQL over HTTP: a client that does not choose is refused in the type in which the status means something. */
export const acceptsAnything = (accept: string | null): boolean => {
  const types = (accept ?? '*/*').split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  const chooses = types.some((type) => type === 'application/json' || type === 'application/graphql-response+json');
  return !chooses && types.some((type) => type === '*/*' || type === 'application/*' || type === '');
};
