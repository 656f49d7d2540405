// The list behind Aggregates and FindAggregate.
#include "compiler/catalog/aggregate.h"

#include <algorithm>

namespace flow {

const std::vector<AggregateName>& Aggregates() {
  static const std::vector<AggregateName>* const aggregates = new std::vector<AggregateName>{
      {"approx_count_distinct", "approx_count_distinct(any) -> bigint",
       "About how many different values; the standard error is 1.6 %. In 4 KB.",
       "approx_count_distinct(2)"},
      {"approx_percentile", "approx_percentile(number, fraction) -> double",
       "About the value that this part of all do not pass: within 0.4 % of it.",
       "approx_percentile(2, 0.5)", 2, 2},
      {"arg_max", "arg_max(any, any) -> any",
       "The first argument where the second is the greatest; of several the greatest.",
       "arg_max('b', 2)", 2, 2},
      {"arg_min", "arg_min(any, any) -> any",
       "The first argument where the second is the least; of several the least.", "arg_min('b', 2)",
       2, 2},
      {"array_agg", "array_agg(any [ORDER BY ...]) -> array",
       "The values, NULLs too, in their order, or in another.", "array_agg('a')"},
      {"avg", "avg(number or interval) -> decimal, double or interval", "The mean.", "avg(2)"},
      {"bool_and", "bool_and(boolean) -> boolean", "Is every value true?", "bool_and(1 < 2)"},
      {"bool_or", "bool_or(boolean) -> boolean", "Is any value true?", "bool_or(1 < 2)"},
      {"count", "count(*), count(any) -> bigint", "How many rows, or values that are not NULL.",
       "count(*)"},
      {"every", "every(boolean) -> boolean", "As bool_and.", "every(1 < 2)"},
      {"first", "first(any) -> any", "The value with the least event time; of several the least.",
       "first(2)"},
      {"last", "last(any) -> any",
       "The value with the greatest event time; of several the greatest.", "last(2)"},
      {"max", "max(any) -> any", "The greatest value.", "max(2)"},
      {"min", "min(any) -> any", "The least value.", "min(2)"},
      {"quantile_disc", "quantile_disc(any, fraction) -> any",
       "The least value that this part of all do not pass.", "quantile_disc(2, 0.5)", 2, 2},
      {"stddev", "stddev(number) -> double", "As stddev_samp.", "coalesce(stddev(2), 0)"},
      {"stddev_pop", "stddev_pop(number) -> double", "The root of var_pop.", "stddev_pop(2)"},
      {"stddev_samp", "stddev_samp(number) -> double", "The root of var_samp.",
       "coalesce(stddev_samp(2), 0)"},
      {"string_agg", "string_agg(string, separator [ORDER BY ...]) -> string",
       "The values in their order, or in another, with the separator between them.",
       "string_agg('a', ', ')", 2, 2},
      {"sum", "sum(number or interval) -> bigint, decimal, double or interval", "The sum.",
       "sum(2)"},
      {"var_pop", "var_pop(number) -> double",
       "The mean square of the distances from the mean: the variance of all values.", "var_pop(2)"},
      {"var_samp", "var_samp(number) -> double",
       "The variance that the values let expect where they were taken from; NULL of one value.",
       "coalesce(var_samp(2), 0)"},
      {"variance", "variance(number) -> double", "As var_samp.", "coalesce(variance(2), 0)"},
  };
  return *aggregates;
}

const AggregateName* FindAggregate(std::string_view name) {
  const std::vector<AggregateName>& all = Aggregates();
  auto found = std::find_if(all.begin(), all.end(),
                            [&](const AggregateName& entry) { return entry.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace flow
