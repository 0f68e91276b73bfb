import { type FlowSecrets, type IdentityFlow, readFlow, startFlow } from '../crypto/identity-flow.ts';
import { createLoginCode, isCodeChallenge } from '../crypto/login-code.ts';
import type { Clock } from '../domain/clock.ts';
import { AppError, badInput } from '../domain/errors.ts';
import type { Signals } from '../domain/signals.ts';
import type { AuthorizationRequest, IdentityProvider } from '../identity-providers/identity-provider.ts';
import type { IdentityFlowStore } from '../stores/ports/identity-flow-store.ts';

/** From the redirect to the provider until the browser is back. */
export const flowLifetimeMs = 10 * 60_000;
/** From the browser's being back until the page that began has used the code. */
const codeLifetimeMs = 60_000;

type Dependencies = {
  readonly providers: ReadonlyMap<string, IdentityProvider>;
  readonly flows: IdentityFlowStore;
  /** Where browsers may be sent back to: exactly one of these, letter by letter (RFC 9700 §2.1). */
  readonly returnUrls: readonly string[];
  /** Where the callback of a provider is. */
  readonly callbackUrl: (provider: string) => string;
  readonly clock: Clock;
  readonly signals: Pick<Signals, 'providerFailed'>;
};

export type IdentityFlows = ReturnType<typeof createIdentityFlows>;

/** Where to send the browser. `kept`: what it is to bring back, and the state that this goes with. */
export type FlowStart = {
  readonly location: string;
  readonly kept: { readonly state: string; readonly cookie: string } | null;
};

/** A browser's way to a provider and back. What it comes back with says who somebody is; what that opens, `identities.ts` decides. */
export const createIdentityFlows = (deps: Dependencies) => {
  const { providers, flows, clock } = deps;

  /**
   * Begins a sign-in at a provider. What goes wrong at the provider is told to the page the browser returns to.
   * Errors: BAD_USER_INPUT (returnTo, codeChallenge): then there is no such page to send it to.
   */
  const begin = async (provider: string, input: { readonly [name in 'returnTo' | 'codeChallenge']: string | null }) => {
    const returnTo = requireReturnUrl(input.returnTo);
    const challenge = requireChallenge(input.codeChallenge);
    const { cookie, secrets } = startFlow({ provider, returnTo, challenge, startedAt: clock() });
    return answering<FlowStart>(provider, returnTo, async () => {
      const location = await requireProvider(provider).authorizationUrl(toRequest(provider, secrets));
      return { location, kept: { state: secrets.state, cookie } };
    });
  };

  /**
   * The browser is back from a provider, with these parameters and the cookie of its state, if it has one: the URL to send it
   * to, with a code that says who has signed in, or with an error. Errors: LOGIN_FLOW_INVALID: this browser did not begin
   * this sign-in, so that it has no page to return to.
   */
  const finish = async (provider: string, parameters: URLSearchParams, cookie: string | null): Promise<string> => {
    const { flow, secrets } = requireFlow(provider, parameters, cookie);
    const { location } = await answering<FlowStart>(provider, flow.returnTo, async () => {
      const expiresAt = flow.startedAt + flowLifetimeMs;
      if (clock() >= expiresAt || clock() < flow.startedAt) throw new AppError('LOGIN_FLOW_INVALID');
      // Before the provider is asked: of 20 answers that come at once, one is looked at.
      if (!(await flows.spendState(secrets.state, expiresAt))) throw new AppError('LOGIN_FLOW_INVALID');
      const identity = await requireProvider(provider).identify(parameters, toRequest(provider, secrets));
      const { code, digest } = createLoginCode();
      await flows.putCode({ digest, challenge: flow.challenge, identity, expiresAt: clock() + codeLifetimeMs });
      return { location: withParameter(flow.returnTo, 'code', code), kept: null };
    });
    return location;
  };

  const requireReturnUrl = (text: string | null): string => {
    if (text !== null && deps.returnUrls.includes(text)) return text;
    throw badInput('returnTo', 'RETURN_URL_UNKNOWN', 'The address to return to is none that this server knows.');
  };

  const requireProvider = (name: string): IdentityProvider => {
    const provider = providers.get(name);
    if (!provider) throw new AppError('NOT_FOUND');
    return provider;
  };

  /** The sign-in of this very browser at this very provider: what another provider answers does not count here (mix-up). */
  const requireFlow = (provider: string, parameters: URLSearchParams, cookie: string | null): StartedFlow => {
    const [state = '', ...others] = parameters.getAll('state');
    const started = cookie === null || others.length > 0 ? null : readFlow(cookie, state);
    if (!started || started.flow.provider !== provider || !deps.returnUrls.includes(started.flow.returnTo)) {
      throw new AppError('LOGIN_FLOW_INVALID');
    }
    return started;
  };

  const toRequest = (provider: string, secrets: FlowSecrets): AuthorizationRequest => ({
    redirectUri: deps.callbackUrl(provider),
    ...secrets,
  });

  /** There is a page to return to by now: it is told of every failure by its code, and of nothing else. */
  const answering = async <T extends FlowStart>(provider: string, returnTo: string, work: () => Promise<T>) => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
      if (code !== 'PROVIDER_DENIED' && code !== 'LOGIN_FLOW_INVALID') deps.signals.providerFailed(error, provider);
      return { location: withParameter(returnTo, 'error', code), kept: null };
    }
  };

  return { begin, finish };
};

type StartedFlow = { readonly flow: IdentityFlow; readonly secrets: FlowSecrets };

const requireChallenge = (text: string | null): string => {
  if (text !== null && isCodeChallenge(text)) return text;
  throw badInput(
    'codeChallenge',
    'CODE_CHALLENGE_INVALID',
    'A code challenge is needed: SHA-256 of a verifier, base64url.',
  );
};

const withParameter = (target: string, name: string, value: string): string => {
  const url = new URL(target);
  url.searchParams.set(name, value);
  return url.href;
};
