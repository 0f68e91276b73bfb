export const graphqlResponse = 'application/graphql-response+json';
export const plainJson = 'application/json';

/** The two types an answer of one piece can have. They differ in what a status may say: see GraphQL over HTTP §6.4. */
export type MediaType = typeof graphqlResponse | typeof plainJson;

/**
 * The type in which a client is answered that accepts this, or null if it wants neither (a stream, say). The first of its
 * types that fits is taken; a client that leaves the choice to us gets `application/json`.
 */
export const chooseMediaType = (accept: string | null): MediaType | null => {
  if (accept === null) return plainJson;
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.replace(/\s/g, '').toLowerCase().split(';');
    if (parameters.some((parameter) => parameter.startsWith('charset=') && parameter !== 'charset=utf-8')) continue;
    if (type === graphqlResponse) return graphqlResponse;
    if (type === plainJson || type === '*/*' || type === 'application/*') return plainJson;
  }
  return null;
};

/** The type of a refusal: a client that does not choose is refused in the type in which the status means something. */
export const refusalMediaType = (accept: string | null, chosen: MediaType): MediaType =>
  chosen === plainJson && !(accept ?? '').toLowerCase().includes(plainJson) ? graphqlResponse : chosen;
