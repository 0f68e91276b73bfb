import { refusalError } from '@fieldgate/guard/server';
import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Limits } from '../services/limits.ts';
import type { RequestContext, RequestState } from './context.ts';
import type { RecentDocuments } from './recent-documents.ts';

/** What an address may cost by documents that are no good. They run nothing, so nothing else counts them. */
export type DocumentLimit = Limits['documents'];

type Options = {
  readonly limit: DocumentLimit;
  /** Yoga's, by their texts. What is in it has been parsed, and no more. */
  readonly recent: Pick<RecentDocuments<DocumentNode>, 'get'>;
  readonly isKnownElsewhere: (text: string) => boolean;
};

const bytesPerPoint = 1024;

/**
 * Counts what does not come to its execution: what does not parse, breaks a limit, is not valid, has not the operation that
 * is asked for, or asks by GET for a mutation. The straight way leaves all of that to Yoga, so it is counted once. To stand behind the limits of
 * queries, which stop what they refuse.
 */
export const useDocumentLimit = ({ limit, recent, isKnownElsewhere }: Options): Plugin<RequestContext> => {
  const good = new WeakSet<DocumentNode>();
  /** What is being looked at and has not turned out to be good. */
  const unproven = new WeakMap<Request, Look>();

  const isKnown = (text: string): boolean => {
    const document = recent.get(text);
    return (document !== undefined && good.has(document)) || isKnownElsewhere(text);
  };

  const prove = ({ args: { document, contextValue } }: Begun): void => {
    good.add(document);
    unproven.delete(contextValue.request);
  };

  return {
    onParse: ({ context: { request, state }, params: { source } }) => {
      const text = typeof source === 'string' ? source : source.body;
      if (isKnown(text)) return;
      const error = limit.refuse(state.client, state.rateLimits);
      if (error) throw refusalError({ error, presented: false }, null);
      unproven.set(request, { text, state });
    },
    onExecute: prove,
    onSubscribe: prove,
    onExecutionResult: ({ request }) => {
      const look = unproven.get(request);
      if (!look) return;
      const { client, rateLimits } = look.state;
      limit.count(client, rateLimits, Math.ceil(Buffer.byteLength(look.text) / bytesPerPoint));
    },
  };
};

type Look = { readonly text: string; readonly state: RequestState };

/** What hooks are handed when an operation begins. */
type Begun = {
  readonly args: {
    readonly document: DocumentNode;
    readonly contextValue: { readonly request: Request };
  };
};
