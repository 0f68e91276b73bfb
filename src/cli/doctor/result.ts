/** The result of one check. `warn` works today and should be changed; `fail` does not work. */
export type DoctorResult = {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
};

export const ok = (check: string, message: string): DoctorResult => ({ check, status: 'ok', message, advice: null });

export const warn = (check: string, message: string, advice: string): DoctorResult => ({
  check,
  status: 'warn',
  message,
  advice,
});

export const fail = (check: string, message: string, advice: string): DoctorResult => ({
  check,
  status: 'fail',
  message,
  advice,
});
