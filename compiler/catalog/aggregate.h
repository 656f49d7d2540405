// The aggregates of the language: how they are written. compiler/bind/aggregate_calls.cc gives each
// its meaning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flow {

struct AggregateName {
  std::string name;  // lower case
  std::string signature;
  std::string help;     // one line
  std::string example;  // an aggregate over any rows
  size_t least = 1;     // arguments
  size_t most = 1;
};

// By name.
const std::vector<AggregateName>& Aggregates();
// nullptr: there is no such aggregate.
const AggregateName* FindAggregate(std::string_view name);

}  // namespace flow
