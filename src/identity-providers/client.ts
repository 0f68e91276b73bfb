import {
  allowInsecureRequests,
  ClientSecretPost,
  Configuration,
  customFetch,
  type ServerMetadata,
} from 'openid-client';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** The timeout of one request. A sign-in of several requests has its own deadline: see `code-flow.ts`. */
export const requestTimeoutSeconds = 4;

/** The configuration allows plain HTTP only for a provider on this machine. */
export const isPlainHttp = ({ issuer }: ProviderSettings): boolean => new URL(issuer).protocol === 'http:';

/** Creates a client for a provider that publishes no metadata (RFC 8414), or not all that is needed. */
export const configureByHand = (settings: ProviderSettings, server: ServerMetadata): Configuration => {
  const config = new Configuration(server, settings.clientId, {}, ClientSecretPost(settings.clientSecret.reveal()));
  config.timeout = requestTimeoutSeconds;
  config[customFetch] = boundedFetch;
  if (isPlainHttp(settings)) allowInsecureRequests(config);
  return config;
};
