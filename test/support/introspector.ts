/**
 * A real introspection endpoint on loopback.
 *
 * Knows: RFC 7662 requests, and answers that exist. Does not know: who asks, tokens.
 *
 * @module
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.js';

/** One question. */
export interface Question {
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
}

export class Introspector {
  url = '';
  readonly questions: Question[] = [];
  /** Answers by token; a function answers as it likes. */
  readonly answers = new Map<string, object | ((res: ServerResponse) => void)>();

  /** Listens until the running test ends. */
  static async start(): Promise<Introspector> {
    const introspector = new Introspector();
    const origin = await listen(async (req, res) => {
      const form = new URLSearchParams(await text(req));
      introspector.questions.push({ headers: req.headers, form });
      introspector.#answer(form.get('token') ?? '', res);
    });
    introspector.url = `${origin}/introspect`;
    return introspector;
  }

  #answer(token: string, res: ServerResponse): void {
    const answer = this.answers.get(token) ?? { active: false };
    if (typeof answer === 'function') return answer(res);
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  }
}
