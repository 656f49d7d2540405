// What is written as a function but is not one of the standard library: it may take any number of
// arguments, of one type that is found for them together, and need not be strict.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flow {

struct Form {
  std::string name;  // lower case
  std::string signature;
  std::string help;     // one line
  std::string example;  // an expression that runs
};

// By name. compiler/bind/expr_forms.cc gives each its meaning.
const std::vector<Form>& Forms();
bool IsForm(std::string_view name);

}  // namespace flow
