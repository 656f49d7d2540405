// The list behind Forms and IsForm.
#include "compiler/catalog/form.h"

#include <algorithm>

namespace flow {

const std::vector<Form>& Forms() {
  static const std::vector<Form>* const forms = new std::vector<Form>{
      {"coalesce", "coalesce(any, ...) -> any", "The first argument that is not NULL.",
       "coalesce(NULL, 2, 3)"},
      {"concat_ws", "concat_ws(string, string, ...) -> string",
       "The texts that are not NULL, with the first one between them.",
       "concat_ws(', ', 'a', NULL, 'b')"},
      {"greatest", "greatest(any, any, ...) -> any",
       "The greatest; NULL if one is NULL. Numbers, texts, times, dates.", "greatest(1, 3, 2)"},
      {"if", "if(boolean, any, any) -> any",
       "The second argument where the first is true, else the third.", "if(1 < 2, 'yes', 'no')"},
      {"ifnull", "ifnull(any, any) -> any", "As coalesce.", "ifnull(NULL, 2)"},
      {"iif", "iif(boolean, any, any) -> any", "As if.", "iif(1 < 2, 'yes', 'no')"},
      {"least", "least(any, any, ...) -> any",
       "The least; NULL if one is NULL. Numbers, texts, times, dates.", "least(1, 3, 2)"},
      {"nullif", "nullif(any, any) -> any", "NULL if the two are equal, else the first.",
       "nullif(1, 2)"},
      {"nvl", "nvl(any, any) -> any", "As coalesce.", "nvl(NULL, 2)"},
      {"nvl2", "nvl2(any, any, any) -> any",
       "The second argument where the first is not NULL, else the third.", "nvl2(1, 'a', 'b')"},
  };
  return *forms;
}

bool IsForm(std::string_view name) {
  return std::any_of(Forms().begin(), Forms().end(), [&](const Form& f) { return f.name == name; });
}

}  // namespace flow
