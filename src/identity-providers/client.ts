import {
  allowInsecureRequests,
  ClientSecretPost,
  Configuration,
  customFetch,
  type ServerMetadata,
} from 'openid-client';
import type { ProviderSettings } from '../domain/settings/identity-provider.ts';
import { boundedFetch } from './bounded-fetch.ts';

/** How long one request may take. With several of them a sign-in has less: see `code-flow.ts`. */
export const requestTimeoutSeconds = 4;

/** Plain HTTP is only ever what the configuration says: a provider on this very machine. */
export const isPlainHttp = ({ issuer }: ProviderSettings): boolean => new URL(issuer).protocol === 'http:';

/** A client of a provider that publishes no metadata (RFC 8414), or not all that is needed. */
export const configureByHand = (settings: ProviderSettings, server: ServerMetadata): Configuration => {
  const config = new Configuration(server, settings.clientId, {}, ClientSecretPost(settings.clientSecret.reveal()));
  config.timeout = requestTimeoutSeconds;
  config[customFetch] = boundedFetch;
  if (isPlainHttp(settings)) allowInsecureRequests(config);
  return config;
};
