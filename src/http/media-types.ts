import { type Accepted, eventStream, graphqlResponse, type MediaType, plainJson } from '../graphql/operation/result.ts';

/** One range of an Accept header (RFC 9110 §12.5.1). */
type Range = { readonly type: string; readonly weight: number; readonly specificity: number };

/** What is sent where the client leaves the choice. */
export const leftToUs: Accepted = { data: plainJson, errors: graphqlResponse, acceptsJson: true, acceptsStream: true };
const jsonOnly: Accepted = { data: plainJson, errors: plainJson, acceptsJson: true, acceptsStream: false };

/**
 * Returns the types in which a client is answered, or null if it accepts none that can be produced.
 *
 * The weights are the client's; among types of one weight the choice is ours. Data goes out as `application/json` unless the client
 * names `application/graphql-response+json` with at least that weight. Errors go out as the latter, whose status says what
 * happened, wherever some range that covers it weighs as much (GraphQL over HTTP §6.4). A charset other than UTF-8 cannot be
 * produced; other parameters are ignored.
 */
export const negotiate = (accept: string | null): Accepted | null => {
  // What most clients send need not be taken apart.
  if (accept === null || accept === '*/*') return leftToUs;
  if (accept === plainJson) return jsonOnly;
  const ranges = parseRanges(accept);
  if (ranges.length === 0) return accept.trim() === '' ? leftToUs : null;
  const [graphql, json] = [weigh(graphqlResponse, ranges), weigh(plainJson, ranges)];
  const [acceptsJson, acceptsStream] = [json > 0, weigh(eventStream, ranges) > 0];
  if (graphql === 0 && json === 0) {
    return acceptsStream ? { data: eventStream, errors: eventStream, acceptsJson, acceptsStream } : null;
  }
  const isPreferred = graphql >= json;
  return {
    data: json === 0 || (isPreferred && isNamed(graphqlResponse, ranges)) ? graphqlResponse : plainJson,
    errors: isPreferred ? graphqlResponse : plainJson,
    acceptsJson,
    acceptsStream,
  };
};

/** The weight of the most specific range that covers the type; 0: it is not acceptable. */
const weigh = (type: MediaType, ranges: readonly Range[]): number => {
  const covering = ranges.filter((range) => covers(range.type, type));
  const closest = Math.max(...covering.map(({ specificity }) => specificity));
  return Math.max(0, ...covering.filter(({ specificity }) => specificity === closest).map(({ weight }) => weight));
};

const isNamed = (type: MediaType, ranges: readonly Range[]): boolean => ranges.some((range) => range.type === type);

const covers = (range: string, type: MediaType): boolean =>
  range === type || range === '*/*' || range === `${type.split('/', 1)[0]}/*`;

const parseRanges = (accept: string): readonly Range[] =>
  accept
    .toLowerCase()
    .split(',')
    .flatMap((text) => {
      const [name = '', ...parameters] = text.split(';').map((part) => part.trim());
      const type = name === '*' ? '*/*' : name;
      const parameterOf = (key: string): string | undefined =>
        parameters.find((parameter) => parameter.startsWith(`${key}=`))?.slice(key.length + 1);
      const charset = parameterOf('charset');
      if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) return [];
      const specificity = type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2;
      return type.includes('/') ? [{ type, specificity, weight: parseWeight(parameterOf('q')) }] : [];
    });

/** RFC 9110 §12.4.2, read leniently: Java sends `q=.2`. What is no number is taken for a range that is accepted. */
const parseWeight = (text: string | undefined): number => {
  const weight = text === undefined || text === '' ? 1 : Number(text);
  return Number.isNaN(weight) ? 1 : Math.min(1, Math.max(0, weight));
};
