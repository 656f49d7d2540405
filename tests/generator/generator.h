// The generator behind Generate (case_generator.h): its parts are in case_generator.cc (sources),
// generate_expressions.cc, generate_nested.cc, generate_rankings.cc and generate_views.cc. UNNEST
// is put into the finished text (generate_unnest.cc).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/generator/case_generator.h"
#include "tests/generator/random.h"

namespace flow::test {

enum class Kind { kInt, kBigint, kDouble, kDecimal, kString, kBoolean };

struct Column {
  std::string name;
  Kind kind;
};

// A relation that views can read.
struct Relation {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::pair<std::string, std::string>> nested;  // names and types of other columns
  bool timed = false;                                       // can stand in a window call
  bool straight = false;  // rows come from a source: windows judge them
  bool append_only = false;
  int64_t lateness = 0;  // seconds that its rows can change after their time
};

class Generator {
 public:
  explicit Generator(uint64_t seed)
      : random_(seed),
        calls_(seed + 1000003),
        nested_(seed * 2654435761 + 17),
        ranks_(seed + 2000003) {
    case_.seed = seed;
  }
  GeneratedCase Make();

 private:
  // --- Sources ---------------------------------------------------------------------------------
  std::string Value(Kind kind);
  static const char* TypeName(Kind kind);

  // --- ARRAY, MAP, BYTES, JSON ------------------------------------------------------------------
  std::string NestedValue(const std::string& type);
  std::string NestedLeaf(const Relation& relation, const std::string& type);
  std::string PlainColumn(const Relation& relation, Kind kind);
  std::string NestedExpr(const Relation& relation, const std::string& type);
  // A value that is not nested, of one that is.
  std::string OfNested(const Relation& relation);
  std::string NestedType();
  // ", expression AS name" for a view to have one column more.
  std::string NestedOutput(const Relation& relation,
                           std::vector<std::pair<std::string, std::string>>* columns);
  std::string NestedAggregate(const Relation& relation,
                              std::vector<std::pair<std::string, std::string>>* columns);
  // Keys are few, so many rows have duplicates; an expression can fail.
  std::string Unique(const std::string& source);
  void Source(const std::string& name);

  // --- Expressions -----------------------------------------------------------------------------
  std::string ColumnOf(const Relation& relation, Kind kind);
  std::string Leaf(const Relation& relation, Kind kind);
  std::string Condition(const Relation& relation, int depth);
  // a op b, now and then as a call of a FUNCTION, which may use an argument twice or never.
  std::string Operation(Kind kind, const std::string& op, const std::string& a,
                        const std::string& b);
  std::string Expr(const Relation& relation, Kind kind, int depth);

  // --- Views -----------------------------------------------------------------------------------
  struct Aggregates {
    std::string text;  // ", COUNT(*) AS a0, ..."
    std::vector<Column> columns;
    std::vector<std::pair<std::string, std::string>> nested;
  };
  Aggregates SomeAggregates(const Relation& relation);
  std::string Key(const Relation& relation, Kind* kind);
  void View(const std::string& name);
  std::string Where(const Relation& relation);
  void Add(const std::string& name, const std::string& body, std::vector<Column> columns,
           bool timed, bool straight);
  void Stateless(const std::string& name, const Relation& relation);
  void Distinct(const std::string& name, const Relation& relation);
  void Union(const std::string& name);
  // "a DESC, b NULLS FIRST": of few values, so that much is equal.
  std::string Order(const Relation& relation);
  std::string FirstOf(const std::string& partition, const std::string& order);
  // The first rows of each group of any relation: of its rows as they are, or in windows.
  void Ranked(const std::string& name, const Relation& relation);
  std::string Having(const Aggregates&);
  void Grouped(const std::string& name, const Relation& relation);
  void Windowed(const std::string& name, const Relation& relation);

  Random random_;
  // Apart, so that one kind changes nothing else of a case.
  Random calls_, nested_, ranks_;
  struct Function {
    Kind kind;
    std::string text;
  };
  std::map<std::string, Function> functions_;  // f0 ... f9
  GeneratedCase case_;
  std::vector<Relation> relations_;
};

}  // namespace flow::test
