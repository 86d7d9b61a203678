// The official Dataform tool, kept ready: one JSON request per line on stdin, one JSON answer per line on the
// file descriptor given as argument (a project's own console.log goes to stdout).
//
//   ["compile", {projectDir, projectConfigOverride}]  ->  {"answer": compiled graph}
//   ["plan", {graph, runConfig, tables}]              ->  {"answer": execution graph}, or {"error": message}
//
// `plan` is what `dataform run --dry-run --json` does after compiling: the command itself would compile again
// for each run, needs Google credentials, and cuts a variable's value at a comma or an equals sign.
"use strict";

const fs = require("fs");
const Module = require("module");
const path = require("path");
const readline = require("readline");

const BUNDLE = require.resolve("@dataform/cli");
const ENTRY = /\nrunCli\(\);\s*$/;
const PARTS = "{ build, CompileChildProcess, decode64, dataform }";

// The package exports nothing and runs its command line when loaded, so its last line is replaced.
function loadOfficialTool() {
  const source = fs.readFileSync(BUNDLE, "utf8").replace(/^#!.*/, "");
  if (!ENTRY.test(source)) throw new Error(`${BUNDLE} does not end in runCli(): this version is not known`);
  const bundle = new Module(BUNDLE);
  bundle.filename = BUNDLE;
  bundle.paths = Module._nodeModulePaths(path.dirname(BUNDLE));
  bundle._compile(source.replace(ENTRY, `\nmodule.exports = ${PARTS};\n`), BUNDLE);
  return bundle.exports;
}

const { build, CompileChildProcess, decode64, dataform } = loadOfficialTool();

async function compile(request) {
  try {
    const encoded = await new CompileChildProcess().compile(request);
    return decode64(dataform.CoreExecutionResponse, encoded).toJSON().compile.compiledGraph;
  } catch ({ message, stack }) {
    return { graphErrors: { compilationErrors: [{ message, stack }] } };
  }
}

async function plan({ graph, runConfig, tables }) {
  const key = (target) => [target.database, target.schema, target.name].join(".");
  const existing = new Map(tables.map((table) => [key(table.target), dataform.TableMetadata.fromObject(table)]));
  const warehouse = { table: async (target) => existing.get(key(target)) ?? null };
  return (await build(dataform.CompiledGraph.fromObject(graph), runConfig, warehouse)).toJSON();
}

async function answer([command, request]) {
  try {
    return { answer: await { compile, plan }[command](request) };
  } catch ({ message }) {
    return { error: message };
  }
}

async function main(descriptor) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    fs.writeFileSync(descriptor, JSON.stringify(await answer(JSON.parse(line))) + "\n");
  }
}

main(Number(process.argv[2]));
