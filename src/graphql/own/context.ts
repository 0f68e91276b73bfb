import type { Viewer } from '@fieldgate/guard';
import { handleMaybePromise, type MaybePromise } from '@whatwg-node/promise-helpers';
import { type ApiContext, type ApiLog, contextNames, type ViewerAccounts } from '../../domain/api-context.ts';
import type { RequestContext } from '../context.ts';

/** Returns what resolvers and policies of the user get as context. Called once per operation, after the caller was admitted. */
export type CreateOwnContext = (context: RequestContext, viewer: Viewer) => MaybePromise<object>;

type OwnContextDeps = {
  /** The user's function. */
  readonly create: ((context: ApiContext) => unknown) | null;
  readonly resources: () => unknown;
  readonly log: ApiLog;
  readonly accountsFor: (viewer: Viewer, context: RequestContext) => ViewerAccounts;
};

export const createOwnContexts = ({ create, resources, log, accountsFor }: OwnContextDeps): CreateOwnContext => {
  return (context, viewer) => {
    const { requestId: id, client, header } = context;
    const request = { id, client, header: (name: string) => header(name) };
    const base: ApiContext = {
      viewer: viewer as ApiContext['viewer'],
      accounts: accountsFor(viewer, context),
      log,
      request,
      resources: resources(),
    };
    if (create === null) return base;
    return handleMaybePromise(
      () => create(base),
      (made) => ({ ...requireUsable(made), ...base }),
    );
  };
};

const requireUsable = (made: unknown): object => {
  if (typeof made !== 'object' || made === null)
    throw new TypeError('context() of the configuration must return an object.');
  const taken = contextNames.find((name) => name in made);
  if (taken !== undefined)
    throw new TypeError(`context() of the configuration may not return "${taken}": it is Fieldgate's.`);
  return made;
};
