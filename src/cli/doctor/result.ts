/** What the doctor found in one place. `warn` works today and should not stay so; `fail` does not work. */
export type Finding = {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do; null where nothing is to be done. */
  readonly advice: string | null;
};

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message, advice: null });

export const warn = (check: string, message: string, advice: string): Finding => ({
  check,
  status: 'warn',
  message,
  advice,
});

export const fail = (check: string, message: string, advice: string): Finding => ({
  check,
  status: 'fail',
  message,
  advice,
});
