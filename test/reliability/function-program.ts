/**
 * Calls one exported function: `function-program.ts <module> <name> <argument as JSON>`.
 *
 * @module
 */
const [module = '', name = '', argument = 'null'] = process.argv.slice(2);

const functions = await import(module);
const result = await functions[name](JSON.parse(argument));
process.on('disconnect', () => process.exit(0));
process.send?.(result);
