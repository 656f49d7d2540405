// Texts with places for columns: 'pm:{page}:{window_start}'. The compiler checks them, the runtime
// fills them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace flow::program {

// texts[0] {columns[0]} texts[1] {columns[1]} ... texts[n]
struct TextTemplate {
  std::vector<std::string> texts;
  std::vector<std::string> columns;
};

// {name} is a column, {{ and }} are braces. Two places need a text between them, or nobody could
// tell their values apart.
Result<TextTemplate> ParseTextTemplate(std::string_view text);

}  // namespace flow::program
