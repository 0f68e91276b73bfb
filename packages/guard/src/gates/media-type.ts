const responseJson = 'application/graphql-response+json';
const json = 'application/json';

/**
 * Returns the media type of a refusal by the request's Accept, as GraphQL over HTTP says: `application/graphql-response+json`,
 * with which a status has a meaning, unless `application/json` weighs more or stands alone.
 */
export const refusalMediaType = (accept: string | null): string => {
  const ranges = (accept ?? '').split(',').filter((range) => range.trim() !== '');
  if (ranges.length === 0) return responseJson;
  const weights = new Map(ranges.map(parseRange));
  const weightOf = (...names: readonly string[]): number => names.map((name) => weights.get(name)).find(isKnown) ?? 0;
  const forResponse = weightOf(responseJson, 'application/*', '*/*');
  return forResponse > 0 && forResponse >= weightOf(json, 'application/*', '*/*') ? responseJson : json;
};

const isKnown = (weight: number | undefined): boolean => weight !== undefined;

const parseRange = (range: string): readonly [string, number] => {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
  return [type, Number.isNaN(weight) ? 1 : weight];
};

/** Status and content type of a refusal: as `application/json` it is 200, because clients of that type drop other statuses. */
export const refusalStatus = (status: number, mediaType: string): number => (mediaType === json ? 200 : status);
