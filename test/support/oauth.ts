import type { TestServer } from './server.ts';

export type OAuthAnswer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as they come; a wrong path fails the assertion.
  readonly body: any;
};

/** Sends a form to one of the OAuth endpoints. */
export const sendForm = (
  server: TestServer,
  path: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<OAuthAnswer> =>
  post(server, path, typeof form === 'string' ? form : String(new URLSearchParams(form)), {
    'content-type': 'application/x-www-form-urlencoded',
    ...headers,
  });

export const post = async (
  server: TestServer,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<OAuthAnswer> => {
  const response = await server.fetch(path, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
};

/** What an OAuth client branches on. */
export const failure = ({ status, body }: OAuthAnswer) => [status, body.error];
