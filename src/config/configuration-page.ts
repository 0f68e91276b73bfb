/** The documents about the variables, made from their schema so that they cannot drift. */
import type { z } from 'zod';
import { tracingDetails, tracingSwitches } from './tracing-variables.ts';
import { serverVariables } from './variables.ts';

type VariableDocs = {
  readonly name: string;
  /** As one writes it; null without a default. */
  readonly defaultText: string | null;
  readonly description: string;
  readonly example: string;
};

const providerDocs: readonly VariableDocs[] = [
  ['CLIENT_ID', '1234.apps.googleusercontent.com', 'the id that the provider gave this server'],
  ['CLIENT_SECRET', 'GOCSPX-secret', 'the secret that goes with it'],
  [
    'ISSUER',
    'https://login.example.com',
    'issuer of an OpenID provider; GOOGLE, GITHUB and FACEBOOK have one built in',
  ],
  [
    'TRUST_EMAIL',
    'example.com',
    '`on`, or the domains whose emails an OpenID provider vouches for without `email_verified` ([Entra ID](social-login.md#providers-that-do-not-say-email_verified)). Default: `off`',
  ],
].map(([end = '', example = '', description = '']) => ({
  ...{ name: `OAUTH_<NAME>_${end}`, defaultText: null, description, example },
}));

/** Where each variable stands on the page, by the first of each section. */
const sections: readonly (readonly [first: string, title: string])[] = [
  ['NODE_ENV', 'Where it runs'],
  ['DATA_DIR', 'Where data is kept'],
  ['ISSUER', 'Tokens and keys'],
  ['REFRESH_TOKEN_TTL', 'Sessions and passwords'],
  ['REVOCATION_CHECK', 'What is accepted'],
  ['RATE_LIMIT', 'Limits'],
  ['TRUSTED_PROXIES', 'Browsers and proxies'],
  ['OAUTH_<NAME>_CLIENT_ID', 'Social login'],
  ['ADMIN_EMAIL', 'The first administrator, and the log'],
  ['OTEL_SDK_DISABLED', 'Traces'],
];

/** Returns every variable with its documentation, in the order of the page. Throws for one without. */
const variableDocs = (): readonly VariableDocs[] => {
  const all = [serverVariables, tracingSwitches, tracingDetails].flatMap(({ shape }) =>
    Object.entries(shape).map(toDocs),
  );
  const at = all.findIndex(({ name }) => name === 'OAUTH_RETURN_URLS');
  return [...all.slice(0, at), ...providerDocs, ...all.slice(at)];
};

const toDocs = ([name, schema]: readonly [string, z.ZodType]): VariableDocs => {
  const { description, example } = schema.meta() ?? {};
  if (description === undefined || typeof example !== 'string') throw new Error(`${name} has no documentation.`);
  return { name, defaultText: defaultOf(schema), description, example };
};

const defaultOf = ({ def }: z.ZodType): string | null =>
  'defaultValue' in def && typeof def.defaultValue === 'string' ? def.defaultValue : null;

/** The text of `docs/configuration.md`. */
export const configurationPage = (): string => {
  const parts = variableDocs().map((docs) => {
    const title = sections.find(([first]) => first === docs.name)?.[1];
    const heading =
      title === undefined ? '' : `\n## ${title}\n\n| variable | default | meaning | example |\n|---|---|---|---|\n`;
    return `${heading}${rowOf(docs)}`;
  });
  return `${introduction}${parts.join('\n')}\n`;
};

const introduction = `# Configuration

<!-- Made from src/config by \`npm run docs\`: change it there. -->

Set environment variables, or write a \`.env\` file in development ([.env.example](../.env.example) has all of them). An empty variable counts as unset.
The server reports all problems at once, names the variables, and never prints a value. A variable whose name is close to one of these and has no effect
is warned about.

Durations are written \`90s\`, \`15m\`, \`1h\` or \`30d\`, rates \`1000/1h\`, lists with commas. Secrets are masked in every log line, trace and error.
`;

const rowOf = ({ name, defaultText, description, example }: VariableDocs): string =>
  `| \`${name}\` | ${defaultText === null ? '' : `\`${defaultText}\``} | ${description} | \`${example}\` |`;

/** The text of `.env.example`. */
export const environmentExample = (): string =>
  [
    '# Every variable has a default for development. Uncomment what you want to change.',
    '# docs/configuration.md says what each one means. Production reads only the environment, never this file.',
    '# Made from src/config by `npm run docs`: change it there.',
    '',
    ...variableDocs().map(({ name, example }) => `# ${name.replace('<NAME>', 'GOOGLE')}=${quoted(example)}`),
    '',
  ].join('\n');

const quoted = (example: string): string => (/[\s#$]/.test(example) ? `'${example}'` : example);
