// Definitions: PrintBound's text cut at its parts, and what it leaves out of sources.
#include "compiler/driver/definitions.h"

#include <algorithm>

namespace flow {

namespace {

std::string PathText(const std::vector<program::PathStep>& path) {
  std::string text = "$";
  for (const program::PathStep& step : path) {
    text += step.index >= 0 ? "[" + std::to_string(step.index) + "]" : "." + step.key;
  }
  return text;
}

std::string SourceDetails(const program::Source& source) {
  std::string text;
  // Where the log is named; who serves it may change.
  for (const char* name : {"topic", "path", "partitions", "seed", "events", "rate"}) {
    auto found = source.options.find(name);
    if (found != source.options.end())
      text += std::string("  ") + name + " " + found->second + "\n";
  }
  for (const auto& [name, value] : source.format_options) text += "  " + name + " " + value + "\n";
  for (const program::SourceColumn& column : source.columns) {
    if (column.path.empty()) continue;
    text += "  " + column.name + " at " + PathText(column.path) +
            (column.not_null ? " NOT NULL" : "") + "\n";
  }
  return text;
}

}  // namespace

std::vector<program::Definition> Definitions(const BoundScript& script) {
  // In the order in which PrintBound prints them, a line without indent each.
  std::vector<program::Definition> names;
  for (const bound::Source& source : script.sources) {
    names.push_back({"source", source.spec.name, ""});
  }
  for (const auto& function : script.functions) names.push_back({"function", function->name, ""});
  for (const bound::View& view : script.views) names.push_back({"view", view.name, ""});
  for (const program::Sink& sink : script.sinks) names.push_back({"sink", sink.name, ""});
  std::vector<program::Definition> parts;
  const std::string text = PrintBound(script);
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty() && line[0] != ' ' && parts.size() < names.size()) {
      parts.push_back(names[parts.size()]);
    }
    if (!parts.empty()) parts.back().text += line + "\n";
  }
  // What calls them has them written out.
  std::erase_if(parts, [](const program::Definition& part) { return part.kind == "function"; });
  for (program::Definition& part : parts) {
    if (part.kind != "source") continue;
    for (const bound::Source& source : script.sources) {
      if (source.spec.name == part.name) part.text += SourceDetails(source.spec);
    }
  }
  return parts;
}

}  // namespace flow
