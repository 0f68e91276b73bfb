/** What a GraphQL answer may be sent as; see `graphql/yoga.ts` for when which is chosen. */
const producible = ['application/graphql-response+json', 'application/json', 'text/event-stream', 'multipart/mixed'];

/**
 * Whether any of the media types a client accepts can be produced. Asked before anything runs: a mutation whose answer
 * nobody will read must not have happened.
 */
export const isAcceptable = (accept: string | null): boolean => {
  if (accept === null || accept.trim() === '') return true;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    if (parameters.some((parameter) => /^q\s*=\s*0(?:\.0*)?$/.test(parameter))) return false;
    return producible.some(
      (candidate) => type === candidate || type === '*/*' || type === `${candidate.split('/')[0]}/*`,
    );
  });
};
