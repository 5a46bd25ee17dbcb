/**
 * The address that limits count by.
 *
 * Knows: which addresses one caller can have at will: an IPv4 one has a second form in IPv6, and an
 * IPv6 one is any of a network's. Does not know: limits, principals.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { ipKeyGenerator } from 'express-rate-limit';

/** `ip` is Express's, which heeds `trust proxy`. */
type AddressedRequest = IncomingMessage & { readonly ip?: string };

/** An IPv4 address, the /56 network of an IPv6 one, or whatever else a trusted proxy told. */
export const clientAddress = ({ ip, socket }: AddressedRequest): string =>
  ipKeyGenerator(ip ?? socket.remoteAddress ?? '');
