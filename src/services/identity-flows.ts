import { type FlowSecrets, type IdentityFlow, readFlow, startFlow } from '../crypto/identity-flow.ts';
import { createLoginCode, isCodeChallenge } from '../crypto/login-code.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Signals } from '../domain/signals.ts';
import type { AuthorizationRequest, IdentityProvider } from '../identity-providers/identity-provider.ts';
import type { IdentityFlowStore } from '../stores/ports/identity-flow-store.ts';

/** From the redirect to the provider until the browser returns. */
export const flowLifetimeMs = 10 * 60_000;
/** From the browser's return until the page has redeemed the code. */
const codeLifetimeMs = 60_000;

type IdentityFlowsDeps = {
  readonly providers: ReadonlyMap<string, IdentityProvider>;
  readonly flows: IdentityFlowStore;
  /** Where browsers may return to: exactly one of these, compared as strings (RFC 9700 §2.1). */
  readonly returnUrls: readonly string[];
  /** Returns the callback URL of a provider. */
  readonly callbackUrl: (provider: string) => string;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'providerFailed'>;
};

export type IdentityFlows = ReturnType<typeof createIdentityFlows>;

/** Where to send the browser, and the cookie that it must bring back with this state; null where the flow did not start. */
export type FlowStart = {
  readonly location: string;
  readonly cookie: { readonly state: string; readonly value: string } | null;
};

type FlowParameters = { readonly [name in 'returnTo' | 'codeChallenge']: string | null };

/** A browser's trip to a provider and back. It ends with a proven identity; `identities.ts` decides what that opens. */
export const createIdentityFlows = (deps: IdentityFlowsDeps) => {
  const { flows, returnUrls, clock } = deps;

  /**
   * Starts a sign-in at a provider. Failures at the provider are reported to the page the browser returns to.
   * Errors: BAD_USER_INPUT (returnTo, codeChallenge), because there is no page to return to.
   */
  const begin = async (provider: string, parameters: FlowParameters): Promise<FlowStart> => {
    const returnTo = requireReturnUrl(parameters.returnTo, returnUrls);
    const challenge = requireChallenge(parameters.codeChallenge);
    const { cookie, secrets } = startFlow({ provider, returnTo, challenge, startedAt: clock() });
    return reportErrors(provider, returnTo, async () => {
      const location = await requireProvider(provider).authorizationUrl(toRequest(provider, secrets));
      return { location, cookie: { state: secrets.state, value: cookie } };
    });
  };

  /**
   * Finishes a sign-in when the browser returns from the provider with these parameters and the cookie of its state, if it has
   * one. Resolves with the URL to send it to, with a code for the identity or an error. Errors: LOGIN_FLOW_INVALID if this browser
   * did not start this sign-in, because there is no page to return to.
   */
  const finish = async (provider: string, parameters: URLSearchParams, cookie: string | null): Promise<string> => {
    const { flow, secrets } = requireFlow({ provider, parameters, cookie, returnUrls });
    const { location } = await reportErrors(provider, flow.returnTo, async () => {
      await spendState(flow, secrets);
      const identity = await requireProvider(provider).identify(parameters, toRequest(provider, secrets));
      const { code, digest } = createLoginCode();
      await flows.putCode({ digest, challenge: flow.challenge, identity, expiresAt: clock() + codeLifetimeMs });
      return { location: withParameter(flow.returnTo, 'code', code), cookie: null };
    });
    return location;
  };

  /** Before the request to the provider: of 20 simultaneous returns with one state, one continues. */
  const spendState = async ({ startedAt }: IdentityFlow, { state }: FlowSecrets): Promise<void> => {
    const expiresAt = startedAt + flowLifetimeMs;
    const isRunning = startedAt <= clock() && clock() < expiresAt;
    if (!isRunning || !(await flows.spendState(state, expiresAt))) throw new AppError('LOGIN_FLOW_INVALID');
  };

  const requireProvider = (name: string): IdentityProvider => {
    const provider = deps.providers.get(name);
    if (!provider) throw new AppError('NOT_FOUND');
    return provider;
  };

  const toRequest = (provider: string, secrets: FlowSecrets): AuthorizationRequest => ({
    redirectUri: deps.callbackUrl(provider),
    ...secrets,
  });

  /** Now there is a page to return to: it gets the code of every failure, and nothing else of it. */
  const reportErrors = async (
    provider: string,
    returnTo: string,
    work: () => Promise<FlowStart>,
  ): Promise<FlowStart> => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
      if (code !== 'PROVIDER_DENIED' && code !== 'LOGIN_FLOW_INVALID') deps.signals.providerFailed(error, provider);
      return { location: withParameter(returnTo, 'error', code), cookie: null };
    }
  };

  return { begin, finish };
};

type StartedFlow = { readonly flow: IdentityFlow; readonly secrets: FlowSecrets };

type ReturnedBrowser = Pick<IdentityFlowsDeps, 'returnUrls'> & {
  readonly provider: string;
  readonly parameters: URLSearchParams;
  readonly cookie: string | null;
};

/** Returns the sign-in of this browser at this provider: the response of another provider does not count here (mix-up attack). */
const requireFlow = ({ provider, parameters, cookie, returnUrls }: ReturnedBrowser): StartedFlow => {
  const [state = '', ...others] = parameters.getAll('state');
  const started = cookie === null || others.length > 0 ? null : readFlow(cookie, state);
  if (!started || started.flow.provider !== provider || !returnUrls.includes(started.flow.returnTo)) {
    throw new AppError('LOGIN_FLOW_INVALID');
  }
  return started;
};

const requireReturnUrl = (text: string | null, returnUrls: readonly string[]): string => {
  if (text !== null && returnUrls.includes(text)) return text;
  throw badInput('returnTo', 'RETURN_URL_UNKNOWN', 'returnTo is not in OAUTH_RETURN_URLS.');
};

const requireChallenge = (text: string | null): string => {
  if (text !== null && isCodeChallenge(text)) return text;
  throw badInput(
    'codeChallenge',
    'CODE_CHALLENGE_INVALID',
    'codeChallenge is missing or malformed. Send the SHA-256 of your code verifier in base64url (43 characters).',
  );
};

const withParameter = (target: string, name: string, value: string): string => {
  const url = new URL(target);
  url.searchParams.set(name, value);
  return url.href;
};
