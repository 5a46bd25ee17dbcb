/**
 * What the operating system asks of the process.
 *
 * Knows: signals. Does not know: what they mean here.
 *
 * @module
 */

/** Calls a handler for each of its signals; returns what gives them back to Node. */
export function onSignals(
  handlers: Readonly<Partial<Record<NodeJS.Signals, () => void>>>,
): () => void {
  const all = Object.entries(handlers);
  for (const [signal, handler] of all) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of all) process.off(signal, handler);
  };
}
