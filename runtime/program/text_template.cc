// ParseTextTemplate.
#include "runtime/program/text_template.h"

namespace flow::program {

Result<TextTemplate> ParseTextTemplate(std::string_view text) {
  TextTemplate result;
  result.texts.emplace_back();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      result.texts.back() += c;
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == c) {
      result.texts.back() += c;
      ++i;
      continue;
    }
    if (c == '}') return UserError("a } without its {", "a brace itself is written {{ or }}");
    const size_t end = text.find_first_of("{}", i + 1);
    if (end == std::string_view::npos || text[end] != '}') {
      return UserError("a { without its }", "a brace itself is written {{ or }}");
    }
    if (end == i + 1) return UserError("{} names no column", "write {column}");
    if (!result.columns.empty() && result.texts.back().empty()) {
      return UserError("nothing stands between two columns",
                       "put a text between them, such as {a}:{b}");
    }
    result.columns.emplace_back(text.substr(i + 1, end - i - 1));
    result.texts.emplace_back();
    i = end;
  }
  return result;
}

}  // namespace flow::program
