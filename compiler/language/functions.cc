// AllFunctions: the catalog's functions and forms, the aggregates and window calls, with their
// help.
#include <algorithm>

#include "compiler/catalog/form.h"
#include "compiler/catalog/function.h"
#include "compiler/language/analysis.h"

namespace flow::language {

namespace {

std::vector<FunctionHelp> Collect() {
  std::vector<FunctionHelp> all = {
      {"count",
       {"COUNT(*) -> BIGINT", "COUNT(any) -> BIGINT"},
       "How many rows; of an expression, those where it is not NULL.",
       "COUNT(*)"},
      {"sum",
       {"SUM(number) -> BIGINT, DECIMAL(38, s) or DOUBLE"},
       "The sum; NULL over nothing. Of DOUBLE it is exact and rounded once.",
       "SUM(price)"},
      {"avg", {"AVG(number) -> DECIMAL or DOUBLE"}, "The mean; NULL over nothing.", "AVG(price)"},
      {"min", {"MIN(any) -> any"}, "The least value; NULL over nothing.", "MIN(price)"},
      {"max", {"MAX(any) -> any"}, "The greatest value; NULL over nothing.", "MAX(price)"},
      {"event_time", {"EVENT_TIME() -> TIMESTAMP"}, "The row's event time.", "EVENT_TIME()"},
      {"log_time",
       {"LOG_TIME() -> TIMESTAMP"},
       "The log's timestamp of the record; NULL where the log has none.",
       "LOG_TIME()"},
      {"tumble",
       {"TUMBLE(relation, size [OFFSET shift])"},
       "Windows one after the other. It adds the columns window_start and window_end.",
       "FROM TUMBLE(clicks, 1m)",
       true},
      {"hop",
       {"HOP(relation, size EVERY slide [OFFSET shift])"},
       "Windows that overlap: a row is in each that holds its event time. It adds the columns "
       "window_start and window_end.",
       "FROM HOP(clicks, 5m EVERY 1m)",
       true},
      {"cumulate",
       {"CUMULATE(relation, size EVERY step [OFFSET shift])"},
       "Windows that begin together and grow by a step. It adds the columns window_start and "
       "window_end.",
       "FROM CUMULATE(clicks, 1d EVERY 1h)",
       true},
      {"session",
       {"SESSION(relation, GAP gap [BY key, ...])"},
       "Windows of rows that follow each other within the gap. It adds the columns window_start "
       "and window_end.",
       "FROM SESSION(clicks, GAP 30m BY user_id)",
       true},
  };
  for (const Form& form : Forms()) {
    all.push_back({form.name, {form.signature}, form.help, form.example});
  }
  for (const Function& function : StandardFunctions()) {
    if (IsForm(function.name) || function.name.starts_with('_')) continue;  // of the compiler
    auto known = std::find_if(all.begin(), all.end(), [&](const FunctionHelp& other) {
      return other.name == function.name;
    });
    if (known != all.end()) {
      known->signatures.push_back(function.ToString());
    } else {
      all.push_back({function.name, {function.ToString()}, function.help, function.example});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const FunctionHelp& a, const FunctionHelp& b) { return a.name < b.name; });
  return all;
}

}  // namespace

const std::vector<FunctionHelp>& AllFunctions() {
  static const std::vector<FunctionHelp>* const all = new std::vector<FunctionHelp>(Collect());
  return *all;
}

const FunctionHelp* FindHelp(const std::string& name) {
  for (const FunctionHelp& help : AllFunctions()) {
    if (help.name == name) return &help;
  }
  return nullptr;
}

std::string Markdown(const FunctionHelp& help) {
  std::string text = "```flow\n";
  for (const std::string& signature : help.signatures) text += signature + "\n";
  return text + "```\n" + help.help + "\n\n`" + help.example + "`";
}

}  // namespace flow::language
