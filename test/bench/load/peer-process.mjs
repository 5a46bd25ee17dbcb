/**
 * A peer's own process: starts one server, tells its port, and answers questions about itself.
 *
 * @module
 */
const [file, name, options] = process.argv.slice(2);

const peers = await import(`../peers/${file}.mjs`);
const { port, broadcast } = await peers[name](JSON.parse(options));

/** @type {Record<string, () => unknown>} */
const answers = {
  cpu: () => process.cpuUsage(),
  memory: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage();
  },
};
/** @type {Record<string, () => void>} */
const orders = { broadcast, stop: () => process.exit(0) };

process.on('message', (/** @type {string} */ text) => {
  if (text in answers) process.send?.({ answer: answers[text]() });
  else orders[text]();
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
