/**
 * A logger that keeps what it is told.
 *
 * Knows: pino's argument order. Does not know: what is logged.
 *
 * @module
 */
import type { Logger } from 'express-mcp-router';

/** Lines of every level, and codes of the errors in them. */
export class RecordedLogger implements Logger {
  readonly lines: { readonly level: string; readonly told: unknown[] }[] = [];

  debug = (...told: unknown[]) => this.#keep('debug', told);
  info = (...told: unknown[]) => this.#keep('info', told);
  warn = (...told: unknown[]) => this.#keep('warn', told);
  error = (...told: unknown[]) => this.#keep('error', told);

  /** `code` of each error that was logged. */
  get codes(): unknown[] {
    return this.lines
      .map(({ told }) => (told[0] as { err?: { code?: unknown } } | undefined)?.err?.code)
      .filter((code) => code !== undefined);
  }

  #keep(level: string, told: unknown[]): void {
    this.lines.push({ level, told });
  }
}
