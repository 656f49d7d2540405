// What could stand at a place in a text, going by the grammar: for completion.
#pragma once

#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"

namespace flow {

struct Expectation {
  std::vector<std::string> keywords;  // "GROUP BY": with the word that always follows
  bool expression = false;
  bool operators = false;  // an expression may go on
};

// Looks only at what stands before `byte`, in the statement that it is in.
Expectation ExpectAt(const SourceFile& file, uint32_t byte);

// Every keyword of the grammar, in upper case: the reserved ones, and those that may be names.
std::vector<std::string> ReservedWords();
std::vector<std::string> SoftWords();
// The names of types, also those that are only read.
std::vector<std::string> TypeWords();

}  // namespace flow
