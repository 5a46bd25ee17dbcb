/**
 * The browser of somebody who logs in and agrees; stands for a person with a real one.
 *
 * @module
 */
import assert from 'node:assert/strict';

const MAX_PAGES = 20;

/** Goes to the login page and through it; returns the query with which it comes back to the client. */
export async function logIn(start: URL, name: string, callback: string): Promise<URLSearchParams> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: Record<string, string> | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { Cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      redirect: 'manual',
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(key, value);
    }
    const text = await response.text();
    const to = response.headers.get('location');
    if (to === null) {
      const [, prompt] = /name="prompt" value="(\w+)"/.exec(text) ?? [];
      assert.ok(prompt, `${url} answered ${response.status}: ${text}`);
      form = { prompt, login: name, password: 'any' };
      continue;
    }
    url = new URL(to, url);
    form = undefined;
    if (url.href.startsWith(callback)) return url.searchParams;
  }
  throw new Error('The login has no end');
}
