/**
 * A logger that keeps its lines.
 *
 * Knows: the logger's shape. Does not know: who writes.
 *
 * @module
 */
import type { Logger } from 'express-mcp-router';

/** One line. */
export interface Line {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** A logger, and what was written to it. */
export interface RecordingLogger extends Logger {
  readonly lines: Line[];
}

export function recordingLogger(): RecordingLogger {
  const lines: Line[] = [];
  const at = (level: keyof Logger) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
