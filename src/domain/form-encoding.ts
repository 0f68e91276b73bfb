/** Decodes form encoding; null for escapes that are not UTF-8, which a lenient decoder would read as U+FFFD. */
export const decodeFormText = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
};

/** Whether every escape of a query string is UTF-8. */
export const isDecodable = (search: string): boolean => !search.includes('%') || decodeFormText(search) !== null;
