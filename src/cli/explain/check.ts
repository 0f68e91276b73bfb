/** One check of a token, and its outcome. */
export type Check = {
  readonly check: string;
  readonly outcome: 'passed' | 'failed' | 'not checked';
  /** For people; never a part of the token that is secret. */
  readonly detail: string;
};

export const passed = (check: string, detail: string): Check => ({ check, outcome: 'passed', detail });

export const failed = (check: string, detail: string): Check => ({ check, outcome: 'failed', detail });

export const notChecked = (check: string): Check => ({ check, outcome: 'not checked', detail: '' });
