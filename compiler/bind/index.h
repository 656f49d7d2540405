// What the binder learns about the names in a text: for tools that answer questions about places.
#pragma once

#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "runtime/base/type.h"

namespace flow {

enum class SymbolKind {
  kSource,
  kView,
  kLate,
  kSink,
  kQuery,
  kAlias,
  kColumn,
  kFunction,
  kParameter
};

// A declared name. It is known by its place.
struct Symbol {
  SymbolKind kind = SymbolKind::kColumn;
  std::string name;
  Span span;
  Type type = {};  // of a column of a source, of a parameter
  // How a column gets its name, and so what it takes to give it another one.
  enum class Naming {
    kWritten,  // the name at `span` is only a name
    kField,    // ... and the JSON field that is read; `end` is where a FROM '$.name' goes
    kHeader,   // ... and what the connector or a CSV header calls it
    kImplied,  // an output without AS: `span` is what it is named after, `end` where AS goes
    kWindow,   // a window call makes it; `span` is the call's name
  };
  Naming naming = Naming::kWritten;
  uint32_t end = 0;
};

struct NameUse {
  Span span;
  Span declared;  // Symbol::span
};

struct Index {
  std::vector<Symbol> symbols;
  std::vector<NameUse> uses;
  std::vector<Span> starred;  // declared: columns that a `*` passes on under their names
  // Of items of SELECT without AS that are named after a column or a call: its name, and where AS
  // would go.
  struct NamedAfter {
    Span name;
    uint32_t end = 0;
  };
  std::vector<NamedAfter> outputs;
  struct Typed {
    Span span;
    Type type;
  };
  std::vector<Typed> expressions;  // an inner one before those around it
};

}  // namespace flow
