/** Every error that users can meet, by code. Each has a row in docs/plugin.md;
 * codes are never reused. */
const PLUGIN_ERRORS = {
  USAGE: { exitCode: 2 },
  KUBECONFIG_INVALID: { exitCode: 1 },
  API_UNREACHABLE: { exitCode: 1 },
  API_REFUSED: { exitCode: 1 },
  API_FAILED: { exitCode: 1 },
  NOT_FOUND: { exitCode: 1 },
  CONFLICT: { exitCode: 1 },
  OPERATOR_NOT_FOUND: { exitCode: 1 },
  OPERATOR_UNREACHABLE: { exitCode: 1 },
  DRAIN_FAILED: { exitCode: 1 },
  TIMEOUT: { exitCode: 1 },
  FILE_NOT_WRITTEN: { exitCode: 1 },
  INTERNAL: { exitCode: 1 },
} as const satisfies Record<string, { readonly exitCode: number }>;

export type PluginErrorCode = keyof typeof PLUGIN_ERRORS;

/** All codes, for the test that compares them with docs/plugin.md. */
export const PLUGIN_ERROR_CODES = Object.keys(PLUGIN_ERRORS) as PluginErrorCode[];

/** Its message is one sentence for the user. */
export class PluginError extends Error {
  readonly code: PluginErrorCode;

  constructor(code: PluginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PluginError';
    this.code = code;
  }

  get exitCode(): number {
    return PLUGIN_ERRORS[this.code].exitCode;
  }
}

/** What anybody threw, as one of ours. */
export function asPluginError(error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PluginError('INTERNAL', message, { cause: error });
}
