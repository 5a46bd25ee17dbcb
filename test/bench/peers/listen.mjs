/**
 * @module
 */

/** Port of a server that listens on the loopback. @param {import('node:http').Server} server @returns {Promise<number>} */
export function portOf(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(address.port);
    });
  });
}
