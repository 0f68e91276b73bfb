import type { Command } from 'commander';
import type { TokenReport } from '../../services/token-inspection.ts';
import { explainAccessToken } from '../explain/access-token.ts';
import { explainApiKey } from '../explain/api-key.ts';
import type { Check } from '../explain/check.ts';
import { explainRefreshToken } from '../explain/refresh-token.ts';
import { type CommandDeps, helpText, type JsonOption, jsonOption } from '../options.ts';
import { escapeTerminal } from '../output/escape-terminal.ts';
import { formatTime, formatTimeOrNull } from '../output/format-time.ts';
import { printTable } from '../output/table.ts';
import { readInput } from '../prompt.ts';
import { type ServicesContext, withServices } from '../services.ts';
import { type ExitCode, print, printJson, type Shell, UsageError } from '../shell.ts';

export const addTokenCommands = (program: Command, { shell, run }: CommandDeps): void => {
  program
    .command('token')
    .description('inspect tokens')
    .command('explain')
    .description('say check by check why a token or an API key is, or is not, accepted now; spends nothing')
    .argument('<token>', 'the token, or - to read it from standard input (which keeps it out of the shell history)')
    .option(...jsonOption)
    .addHelpText(
      'after',
      helpText({
        notes: 'Exits with 0 if the token is accepted now, with 1 if not.',
        examples: ['token explain - < token.txt'],
        json: '{ type, accepted, reason, checks: [{ check, outcome, detail }], header, claims, account, session, client }',
      }),
    )
    .action((token: string, options: JsonOption) => run(explainToken(shell, token, options)));
};

const explainToken = async (shell: Shell, argument: string, { json }: JsonOption): Promise<ExitCode> => {
  const text = (argument === '-' ? await readInput(shell) : argument).trim();
  const token = text.replace(/^(?:(?:authorization:\s*)?bearer\s+|x-api-key:\s*)/i, '');
  if (token === '') throw new UsageError('There is no token.');
  return withServices(shell, { database: 'existing', keys: true }, async (context) => {
    const report = await context.tokens.inspect(token);
    const checks = explain(report, context, shell.clock());
    const verdict = verdictOf(report);
    if (json) printJson(shell, toJson(report, verdict, checks));
    else printReport(shell, report, { verdict, checks });
    return verdict.accepted ? 0 : 1;
  });
};

const explain = (report: TokenReport, { config, keyRing }: ServicesContext, now: number): readonly Check[] => {
  if (report.kind === 'refresh') return explainRefreshToken(report, config.sessions, now);
  if (report.kind === 'api-key') return explainApiKey(report, now);
  const keys = [...keyRing.keys.current.verification.values()].map(({ kid, alg }) => ({ kid, algorithm: alg }));
  return explainAccessToken(report, { issuer: config.issuer, audience: config.audience, keys }, now);
};

type Verdict = { readonly accepted: boolean; readonly reason: string | null };

const verdictOf = (report: TokenReport): Verdict => {
  if (report.kind !== 'refresh') return { accepted: report.rejection === null, reason: report.rejection };
  const accepted = report.state === 'current' || report.state === 'replayable';
  return { accepted, reason: accepted ? null : 'REFRESH_TOKEN_INVALID' };
};

const kinds = { access: 'access token', refresh: 'refresh token', 'api-key': 'API key' } as const;

const marks = { passed: 'ok', failed: 'NO', 'not checked': '-' } as const;

const printReport = (
  shell: Shell,
  report: TokenReport,
  { verdict, checks }: { readonly verdict: Verdict; readonly checks: readonly Check[] },
): void => {
  const kind = `This ${kinds[report.kind]}`;
  const { accepted, reason } = verdict;
  print(shell, accepted ? `${kind} is accepted now.\n` : `${kind} is not accepted now (${reason}).\n`);
  printTable(
    shell,
    ['CHECK', '', 'RESULT'],
    checks.map(({ check, outcome, detail }) => [check, marks[outcome], detail]),
  );
  const { account, key, client } = holderOf(report);
  const sessionId = sessionIdOf(report);
  if (client) print(shell, `\nClient   ${escapeTerminal(client.name)}, ${client.id}`);
  if (account) print(shell, `\nAccount  ${escapeTerminal(account.email)}, ${account.role}, ${account.id}`);
  if (key) print(shell, `Key      ${escapeTerminal(key.name)}, ${key.id}`);
  if (sessionId) print(shell, `Session  ${escapeTerminal(sessionId)}`);
  if (!accepted) print(shell, `\nWhat to do: ${adviceFor(report, reason)}`);
};

const holderOf = (report: TokenReport) => {
  if (report.kind === 'api-key') {
    return { account: report.holder?.account ?? null, key: report.holder?.key ?? null, client: null, session: null };
  }
  const { account = null, session = null } = report.stored ?? {};
  return { account, session, key: null, client: (report.kind === 'access' && report.service?.client) || null };
};

const sessionIdOf = (report: TokenReport): string | null => {
  if (report.kind === 'refresh') return report.named?.sessionId ?? null;
  const sid = report.kind === 'access' && report.stored ? report.decoded.payload?.['sid'] : null;
  return typeof sid === 'string' ? sid : null;
};

const adviceFor = (report: TokenReport, reason: string | null): string => {
  if (report.kind === 'api-key') return 'its owner creates another key.';
  if (report.kind === 'access' && report.service) {
    return 'the service requests a new token; a disabled client gets none.';
  }
  if (reason === 'TOKEN_EXPIRED' || reason === 'TOKEN_STALE') {
    return report.stored?.session ? 'the client refreshes.' : 'the client signs in again: its session has ended too.';
  }
  if (reason === 'TOKEN_INVALID') {
    return 'see the check that says NO; if this server should have issued the token, compare the configurations (keys, ISSUER, AUDIENCE).';
  }
  return 'the client signs in again.';
};

const toJson = (report: TokenReport, { accepted, reason }: Verdict, checks: readonly Check[]) => {
  const { account, session, key, client } = holderOf(report);
  return {
    type: report.kind,
    accepted,
    reason,
    checks,
    ...(report.kind === 'access' ? { header: report.decoded.header, claims: report.decoded.payload } : {}),
    account: account && {
      id: account.id,
      email: account.email,
      role: account.role,
      disabledAt: formatTimeOrNull(account.disabledAt),
    },
    session: session && { id: session.id, expiresAt: formatTime(session.expiresAt) },
    apiKey: key && {
      id: key.id,
      name: key.name,
      scopes: key.scopes,
      expiresAt: formatTime(key.expiresAt),
      revokedAt: formatTimeOrNull(key.revokedAt),
    },
    client: client && { id: client.id, name: client.name, disabledAt: formatTimeOrNull(client.disabledAt) },
  };
};
