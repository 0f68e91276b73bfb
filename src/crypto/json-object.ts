export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is what JSON calls an object: not null, not an array. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
