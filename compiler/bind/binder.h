// The binder's own state, shared by its files. Nothing outside compiler/bind includes this.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/bind/bound.h"
#include "compiler/bind/bound_test.h"
#include "compiler/bind/expr_binder.h"
#include "compiler/bind/index.h"
#include "compiler/bind/scope.h"
#include "compiler/source/diagnostic.h"

namespace flow {

// A name that FROM can use.
struct RelationName {
  bound::RelationKind kind = bound::RelationKind::kSource;
  int index = -1;
  Span span;
  bool used = false;
  bool broken = false;  // its declaration had errors: uses are silent
};

class Binder {
 public:
  explicit Binder(Diagnostics* diagnostics, Index* names_index = nullptr)
      : out(diagnostics), index(names_index) {}

  void BindSource(const ast::SourceStmt& statement);      // source.cc
  void BindFunction(const ast::FunctionStmt& statement);  // function.cc
  void BindView(const ast::ViewStmt& statement);          // view.cc
  void BindSink(const ast::SinkStmt& statement);          // sink.cc
  void BindTest(const ast::TestStmt& statement);          // test.cc
  void CheckFiles(const ast::Script& script);
  void WarnUnused();

  // Declares a name; false after a report if it is taken.
  bool Declare(const ast::Name& name, RelationName entry);
  std::vector<std::string> KnownNames() const;

  Diagnostics* out;
  Index* index;  // nullptr: nobody asks
  bound::Script script;
  std::map<std::string, RelationName> names;
  std::map<std::string, Span> sinks;
  std::vector<bound::Test> tests;
  SqlFunctions functions;
  std::vector<bool> sunk;  // by view: does a sink take it?
};

// Binds the query of one view. Window calls that meet rows straight from a source get `lateness`.
class QueryBinder {
 public:
  QueryBinder(Binder* binder, int64_t lateness) : binder_(binder), lateness_(lateness) {}

  // nullptr after a report.
  std::shared_ptr<const bound::Query> Bind(const ast::Query& query);

  // The window calls of the view in the order met.
  const std::vector<std::shared_ptr<bound::Relation>>& windows() const { return windows_; }

 private:
  struct Cte {
    std::string name;
    Span span;
    std::shared_ptr<const bound::Query> query;  // nullptr: had errors
    bool used = false;
  };

  std::shared_ptr<bound::Relation> BindRelation(const ast::Relation& relation);
  std::shared_ptr<bound::Relation> BindName(const ast::Name& name);
  std::shared_ptr<bound::Relation> BindSubquery(const ast::Query& query, const std::string& name);
  std::shared_ptr<bound::Relation> BindWindow(const ast::Relation& relation);
  bool CheckWindow(const ast::Relation& call, const bound::Relation& inner);
  // unnest.cc. The relation and, to each of its rows, the elements of an array.
  std::shared_ptr<bound::Relation> BindUnnest(const ast::Unnest& unnest,
                                              std::shared_ptr<bound::Relation> inner);
  bool LooksAtWindow(const bound::Relation& relation, const BoundExprPtr& expr) const;
  bool BindSession(const ast::Relation& call, const bound::Relation& inner,
                   std::vector<BoundExprPtr>* keys);

  Binder* binder_;
  int64_t lateness_;
  std::vector<std::vector<Cte>> ctes_;
  std::vector<std::shared_ptr<bound::Relation>> windows_;
};

// select.cc. One SELECT of a query over a bound relation; fills `schema` and `facts` with what
// comes out.
bool BindSelect(const ast::Query& query, const ast::Select& select,
                std::shared_ptr<const bound::Relation> from, Binder* binder, bound::Select* result,
                bound::Schema* schema, bound::Facts* facts);

// connector_options.cc. Checks the names of options and copies them, secrets apart.
enum class ConnectorUse { kSource, kSink, kDeadLetter };
bool BindConnector(const ast::ConnectorClause& clause, ConnectorUse use, Diagnostics* out,
                   program::Connector* connector, program::Options* options,
                   program::Options* secrets);
// JSON or CSV, with its options; `wanted`: an error if there is none.
bool BindFormat(const std::optional<ast::FormatClause>& clause, const ast::Name& connector,
                ConnectorUse use, Diagnostics* out, program::Format* format,
                program::Options* options);

// nexmark_columns.cc. Is it a field of the benchmark's events?
bool CheckNexmarkColumn(const ast::ColumnDef& def, Diagnostics* out);

// datagen_options.cc. Do the options of a DATAGEN source say what it is to make?
bool CheckDatagen(const ast::ConnectorClause& clause, const program::Source& source,
                  Diagnostics* out);

// json_path.cc. '$.a.b[0]'; reports what is wrong.
std::optional<std::vector<program::PathStep>> ParseJsonPath(const std::string& text, Span span,
                                                            Diagnostics* out);

bool SameWindow(const program::Window& a, const program::Window& b);

}  // namespace flow
