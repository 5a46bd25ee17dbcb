/**
 * What every file of the project keeps to, wherever it stands.
 *
 * Knows: names, sizes, headers and the words that are not used.
 * Does not know: floors; how files are found or read.
 *
 * @module
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { lineOf, nodesOf, type Source } from './source.js';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 45;

/** Share of functions that may be longer, seen in the best code of this kind. */
const LONG_FUNCTIONS = 0.05;

/** Configuration that its reader wants as a default export. */
const DEFAULT_EXPORTS = /^vitest\.config\.ts$/;

/** The only file of the core that makes web requests: v2 servers read them. */
const WEB_REQUESTS = /^lib\/host\/message-extra\.ts$/;

const WEB_NAMES = new Set(['Request', 'Response', 'Headers']);

/** Rules for every file, tests and examples included. */
export function houseFaults(source: Source): string[] {
  return [
    ...nameFaults(source.path),
    ...sizeFaults(source),
    ...[...nodesOf(source.tree)].flatMap((node) => {
      const fault = wordFault(source.path, node);
      return fault === undefined ? [] : [`${source.path}:${lineOf(node)}: ${fault}`];
    }),
  ];
}

/** Rules for the library alone. */
export function libraryFaults(source: Source): string[] {
  return [
    ...headerFaults(source),
    ...[...nodesOf(source.tree)].flatMap((node) => {
      const fault = environmentFault(source.path, node) ?? webFault(source.path, node);
      return fault === undefined ? [] : [`${source.path}:${lineOf(node)}: ${fault}`];
    }),
  ];
}

/** The functions that are too long, when they are more than their share. */
export function longFunctionFaults(sources: readonly Source[]): string[] {
  const lengths = sources.flatMap(({ path, tree }) =>
    [...nodesOf(tree)].filter(isFunction).map((node) => ({
      where: `${path}:${lineOf(node)}`,
      lines: node.getText().split('\n').length,
    })),
  );
  const long = lengths.filter(({ lines }) => lines > MAX_FUNCTION_LINES);
  if (long.length <= lengths.length * LONG_FUNCTIONS) return [];
  return long.map(({ where, lines }) => `${where}: a function of ${lines} lines`);
}

function nameFaults(path: string): string[] {
  const file = posix.basename(path);
  if (/^utils?\./.test(file)) return [`${path}: says nothing by its name`];
  return /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(file) ? [] : [`${path}: is not kebab-case`];
}

function sizeFaults({ path, text }: Source): string[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > MAX_FILE_LINES ? [`${path}: has ${lines} lines`] : [];
}

function wordFault(path: string, node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'says any';
  if (ts.isNonNullExpression(node)) return 'asserts with !';
  if ('exclamationToken' in node && node.exclamationToken !== undefined) return 'asserts with !';
  if (ts.isEnumDeclaration(node)) return 'declares an enum';
  if (isThenExport(node)) return 'exports then, which makes the module a promise to import()';
  return isDefaultExport(node) && !DEFAULT_EXPORTS.test(path) ? 'exports a default' : undefined;
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
}

function isThenExport(node: ts.Node): boolean {
  if (ts.isExportSpecifier(node)) return node.name.text === 'then';
  if (!ts.isFunctionDeclaration(node) && !ts.isVariableDeclaration(node)) return false;
  if (node.name?.getText() !== 'then') return false;
  const statement = ts.isFunctionDeclaration(node) ? node : node.parent.parent;
  return /^export\b/.test(statement.getText());
}

function headerFaults({ path, text }: Source): string[] {
  const header = /^\/\*\*\n \* \S[\s\S]*?\n \*\/\n/.exec(text)?.[0];
  if (header === undefined) return [`${path}: does not start with a doc comment`];
  const faults: string[] = [];
  if (!header.endsWith(' * @module\n */\n')) faults.push(`${path}: its header has no @module`);
  const isDoor = /^lib\/\w+\.ts$/.test(path) && /\bdoor\b/.test(header);
  if (!isDoor && !/^ \* Knows: /m.test(header)) faults.push(`${path}: does not say what it knows`);
  return faults;
}

function environmentFault(path: string, node: ts.Node): string | undefined {
  if (path === 'lib/env.ts' || !ts.isIdentifier(node) || node.text !== 'env') return undefined;
  const { parent } = node;
  const read =
    ts.isPropertyAccessExpression(parent) && /\bprocess$/.test(parent.expression.getText());
  return read || isTakenFromProcess(parent) ? 'reads the environment' : undefined;
}

/** `const { env } = process` and `import { env } from 'node:process'`. */
function isTakenFromProcess(node: ts.Node): boolean {
  if (ts.isBindingElement(node)) return /=\s*process$/.test(node.parent.parent.getText());
  if (!ts.isImportSpecifier(node)) return false;
  const declaration = node.parent.parent.parent;
  return (
    ts.isImportDeclaration(declaration) &&
    /process['"]$/.test(declaration.moduleSpecifier.getText())
  );
}

function webFault(path: string, node: ts.Node): string | undefined {
  if (!path.startsWith('lib/host/') || WEB_REQUESTS.test(path)) return undefined;
  if (!ts.isIdentifier(node) || !WEB_NAMES.has(node.text)) return undefined;
  const { parent } = node;
  const used = ts.isTypeReferenceNode(parent) || ts.isNewExpression(parent);
  return used ? `knows the web's ${node.text}` : undefined;
}

function isFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}
