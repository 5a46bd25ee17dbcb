/**
 * Code from our pages, compiled against the project.
 *
 * Knows: the compiler, and the names that a page's shorter snippets take for granted.
 * Does not know: where snippets come from.
 *
 * @module
 */
import { join } from 'node:path';
import ts from 'typescript';

/** What the reader of a fragment already has: each name is what its first use on the page says. */
const TAKEN_FOR_GRANTED = `
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { McpRouter } from 'express-mcp-router';
declare global {
  const app: import('express').Express;
  const express: typeof import('express');
  const mcp: McpRouter;
  const mcpRouter: typeof import('express-mcp-router').mcpRouter;
  const server: McpServer;
  function createServer(...what: unknown[]): McpServer;
}
`;

/** What the compiler says of each snippet; `\`3: …\`` is about its third line. */
export function compileSnippets(root: string, snippets: readonly string[]): string[][] {
  const folder = join(root, 'test/docs');
  const virtual = new Map([[join(folder, 'taken-for-granted.d.ts'), TAKEN_FOR_GRANTED]]);
  const paths = snippets.map((snippet, index) => {
    const path = join(folder, `snippet-${index}.ts`);
    virtual.set(path, `${snippet}\nexport {};\n`);
    return path;
  });
  const options = optionsOf(root);
  const program = ts.createProgram([...virtual.keys()], options, hostOf(options, virtual));
  return paths.map((path) => diagnosticsOf(program, path));
}

function optionsOf(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  return { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false };
}

function hostOf(
  options: ts.CompilerOptions,
  virtual: ReadonlyMap<string, string>,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const { getSourceFile, fileExists, readFile } = host;
  return {
    ...host,
    fileExists: (path) => virtual.has(path) || fileExists(path),
    readFile: (path) => virtual.get(path) ?? readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = virtual.get(path);
      if (text === undefined) return getSourceFile(path, version, ...rest);
      return ts.createSourceFile(path, text, version, true);
    },
  };
}

function diagnosticsOf(program: ts.Program, path: string): string[] {
  const file = program.getSourceFile(path);
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return found.map(({ start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}
