// node tokenise.js MODULES GRAMMAR FILE...: a line of JSON for each token, [file, line, text, scopes].
const fs = require("fs");
const path = require("path");
const [modules, grammarPath, ...files] = process.argv.slice(2);
const { Registry, INITIAL } = require(path.join(modules, "vscode-textmate"));
const oniguruma = require(path.join(modules, "vscode-oniguruma"));

async function main() {
  await oniguruma.loadWASM(fs.readFileSync(path.join(modules, "vscode-oniguruma/release/onig.wasm")).buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => JSON.parse(fs.readFileSync(grammarPath, "utf8")),
  });
  const grammar = await registry.loadGrammar("source.flow");
  for (const file of files) {
    let stack = INITIAL;
    fs.readFileSync(file, "utf8").split("\n").forEach((line, number) => {
      const result = grammar.tokenizeLine(line, stack);
      stack = result.ruleStack;
      for (const token of result.tokens) {
        console.log(JSON.stringify([file, number + 1, line.slice(token.startIndex, token.endIndex), token.scopes]));
      }
    });
  }
}
main();
