export { type FieldgateOptions, useFieldgate } from './authorization/plugin.ts';
