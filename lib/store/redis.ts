import type { Store } from './port.js';
export const redisStore = (_url: string): Store => {
  throw new Error('not yet');
};
