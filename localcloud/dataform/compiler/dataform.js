// Asks the official Dataform tool one question and writes its answer:
//
//   node dataform.js compile REQUEST.json ANSWER.json   {projectDir, projectConfigOverride} -> compiled graph
//   node dataform.js plan    REQUEST.json ANSWER.json   {graph, runConfig, tables} -> execution graph
//
// `plan` is what `dataform run --dry-run --json` does after compiling: the command itself would compile again
// for each run, needs Google credentials, and cuts a variable's value at a comma or an equals sign.
"use strict";

const fs = require("fs");
const Module = require("module");
const path = require("path");

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

async function compile({ CompileChildProcess, decode64, dataform }, request) {
  try {
    const encoded = await new CompileChildProcess().compile(request);
    return decode64(dataform.CoreExecutionResponse, encoded).toJSON().compile.compiledGraph;
  } catch (error) {
    const { message, stack } = error;
    return { graphErrors: { compilationErrors: [{ message, stack }] } };
  }
}

async function plan({ build, dataform }, { graph, runConfig, tables }) {
  const key = (target) => [target.database, target.schema, target.name].join(".");
  const existing = new Map(tables.map((table) => [key(table.target), dataform.TableMetadata.fromObject(table)]));
  const warehouse = { table: async (target) => existing.get(key(target)) ?? null };
  return (await build(dataform.CompiledGraph.fromObject(graph), runConfig, warehouse)).toJSON();
}

async function main([command, requestFile, answerFile]) {
  const answer = { compile, plan }[command];
  const request = JSON.parse(fs.readFileSync(requestFile, "utf8"));
  fs.writeFileSync(answerFile, JSON.stringify(await answer(loadOfficialTool(), request)));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
