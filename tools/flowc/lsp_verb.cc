// flowc lsp: the language server on stdin and stdout.
#include <flow/language.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "cli.h"
#include "tools/flowc/lsp/server.h"

namespace flowc {

namespace {

int PrintWords() {
  const libflow::language::Words words = libflow::language::AllWords();
  const nlohmann::ordered_json json = {
      {"reserved", words.reserved},     {"soft", words.soft},       {"types", words.types},
      {"connectors", words.connectors}, {"formats", words.formats}, {"windows", words.windows},
      {"functions", words.functions}};
  std::puts(json.dump(1).c_str());
  return libflow::kOk;
}

}  // namespace

int LanguageServer(const Arguments& arguments) {
  Verb verb;
  verb.usage = "flowc lsp";
  verb.about =
      "Serves editors: the Language Server Protocol on stdin and stdout. Diagnostics, hover, "
      "completion, definitions, references, renaming, layout and outline of .flow files. Values "
      "of ${NAME} are given as initializationOptions.variables.";
  verb.examples = "  flowc lsp\n  flowc lsp --words\n";
  verb.positional = "";
  // Many editors add it.
  verb.options.add_options()("stdio", "talk on stdin and stdout, as it always does")(
      "words", "print the words of the language as JSON, for highlighting, and end");
  int code = 0;
  auto values = Parse(verb, arguments, &code);
  if (!values) return code;
  if (values->count("words") > 0) return PrintWords();

  lsp::Queue queue;
  std::thread reader([&queue] {
    lsp::Input input(STDIN_FILENO);
    while (true) {
      lsp::Received received = input.Next();
      const bool end = received.kind == lsp::Received::Kind::kEnd;
      queue.Push(std::move(received));
      if (end) return;
    }
  });
  lsp::Server server(&queue, [](const lsp::Json& message) { lsp::Send(STDOUT_FILENO, message); });
  code = server.Run();
  // The reader may wait for a client that does not close its end; nothing needs it any more.
  reader.detach();
  std::_Exit(code);
}

}  // namespace flowc
