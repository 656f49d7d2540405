// The list behind Forms and IsForm.
#include "compiler/catalog/form.h"

#include <algorithm>

namespace flow {

const std::vector<Form>& Forms() {
  static const std::vector<Form>* const forms = new std::vector<Form>{
      {"array", "array(any, ...) -> array", "ARRAY[...]: an array of these elements.",
       "array(1, 2, NULL)"},
      {"array_append", "array_append(array, element) -> array",
       "The array with one element more at its end.", "array_append(ARRAY[1, 2], 3)"},
      {"array_avg", "array_avg(array) -> decimal, array_avg(array) -> double",
       "The mean of the elements that are not NULL: a DOUBLE of DOUBLEs, else a DECIMAL.",
       "array_avg(ARRAY[1, 2, NULL])"},
      {"array_prepend", "array_prepend(element, array) -> array",
       "The array with one element more before the first.", "array_prepend(1, ARRAY[2, 3])"},
      {"array_sum", "array_sum(array) -> number",
       "The sum of the elements that are not NULL, of the type that SUM has; NULL if there are "
       "none.",
       "array_sum(ARRAY[1, 2, NULL])"},
      {"array_to_string", "array_to_string(array, string) -> string",
       "The elements that are not NULL as texts, with the second argument between them.",
       "array_to_string(ARRAY[1, 2], ', ')"},
      {"coalesce", "coalesce(any, ...) -> any", "The first argument that is not NULL.",
       "coalesce(NULL, 2, 3)"},
      {"concat_ws", "concat_ws(string, string, ...) -> string",
       "The texts that are not NULL, with the first one between them.",
       "concat_ws(', ', 'a', NULL, 'b')"},
      {"element_at", "element_at(array, bigint) -> element, element_at(map, string) -> element",
       "a[i]: the element at a position, the first at 1, or the value of a key; NULL if there is "
       "none.",
       "element_at(ARRAY['a', 'b'], 2)"},
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
      {"struct", "struct(any AS name, ...) -> struct",
       "A STRUCT of these fields; a column gives its field its name.", "struct(1 AS a, 'x' AS b)"},
      {"to_json", "to_json(any) -> json", "Any value as JSON.", "to_json(ARRAY[1, 2])"},
  };
  return *forms;
}

bool IsForm(std::string_view name) {
  return std::any_of(Forms().begin(), Forms().end(), [&](const Form& f) { return f.name == name; });
}

}  // namespace flow
