// Starts `flowc lsp` and hands it the open .flow files.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("flow");
  const command = settings.get("server.path") || "flowc";
  client = new LanguageClient(
    "flow",
    "flow",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "flow" }],
      initializationOptions: { variables: settings.get("variables") },
    }
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showWarningMessage(
      `flow: ${command} did not start; set flow.server.path to the flowc program (${error.message || error})`
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) await running.stop();
}

async function restart() {
  await stop();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("flow.restartServer", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("flow")) restart();
    })
  );
  await start();
};
exports.deactivate = stop;
