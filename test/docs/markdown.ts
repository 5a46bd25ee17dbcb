/**
 * What a reader of our pages can follow and copy: links and code blocks.
 *
 * Knows: as much of Markdown as our pages use. Does not know: which pages there are.
 *
 * @module
 */
const FENCE = /^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm;
const LINK = /\]\(<?([^)\s>]+)>?(?:\s"[^"]*")?\)|\bhref="([^"]+)"|\bsrc="([^"]+)"/g;

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(FENCE)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: page.slice(0, index).split('\n').length + 1,
  }));
}

/** Targets of links inside the project, without those in code. */
export function relativeLinks(page: string): string[] {
  const prose = page.replace(FENCE, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(LINK)]
    .map(([, markdown, href, src]) => markdown ?? href ?? src ?? '')
    .filter((target) => !/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(page: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of page.replace(FENCE, '').matchAll(/^#{1,6} +(.+)$/gm)) {
    const anchor = anchorOf(heading);
    let taken = 0;
    while (found.has(taken === 0 ? anchor : `${anchor}-${taken}`)) taken += 1;
    found.add(taken === 0 ? anchor : `${anchor}-${taken}`);
  }
  return found;
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
