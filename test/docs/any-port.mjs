/**
 * Loaded before a program of our pages: it listens where it likes, and gets a free port.
 *
 * @module
 */
import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function (where, ...rest) {
  this.once('listening', () => process.send?.(this.address().port));
  const anywhere = typeof where === 'object' ? { ...where, port: 0 } : 0;
  return listen.call(this, anywhere, ...rest);
};
