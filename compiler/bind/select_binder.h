// SelectBinder: one SELECT. Its clauses are bound in select.cc, what QUALIFY and LIMIT keep of its
// rows in ranking.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/bind/binder.h"

namespace flow {

// One column of the output.
struct SelectItem {
  std::string name;
  Span span;
  const ast::Expr* ast = nullptr;  // nullptr: from a star, or part of a STRUCT
  BoundExprPtr expr;               // where there is no `ast`
  Span declared;
  std::vector<int> leaf;  // of `ast`, a STRUCT: see ExprBinder::LeafOf
};

// What is one column to who wrote it: an item, or the items [begin, end) of a STRUCT.
struct SelectOutput {
  std::string name;
  Span span;
  bool stated_name = false;  // AS, or a plain column
  size_t begin = 0;
  size_t end = 0;
  Span declared;  // where its name comes from
};

// What QUALIFY, or ORDER BY ... LIMIT, asks for.
struct AskedRanking {
  Span span;
  std::string clause;
  const ast::Expr* call = nullptr;  // ROW_NUMBER() OVER (...); nullptr: ORDER BY ... LIMIT
  int64_t limit = 0;
};

// Of PARTITION BY or ORDER BY.
struct RankingTerm {
  Span span;
  BoundExprPtr expr;
  bool order = false;
  bool descending = false;
  bool nulls_first = false;
};

class SelectBinder {
 public:
  SelectBinder(const ast::Query& query, const ast::Select& select,
               std::shared_ptr<const bound::Relation> from, Binder* binder, bound::Select* result)
      : query_(query),
        select_(select),
        from_(std::move(from)),
        out_(binder->out),
        index_(binder->index),
        result_(result),
        scope_(ScopeOf(*from_, *binder)),
        binder_(scope_, out_) {}

  bool Bind(bound::Schema* schema, bound::Facts* facts);

 private:
  static Scope ScopeOf(const bound::Relation& from, const Binder& binder);
  bool ExpandItems();
  bool AddStar(const ast::SelectItem& item);
  void AddVisible(const bound::Visible& visible, const std::string& name, const std::string& key,
                  Span span, Span declared);
  bool IsStruct(const ast::Expr& expr, Type* type) const;
  void AddLeaves(const SelectItem& item, const Type& type, const std::string& key);
  void NoteOutput(const ast::SelectItem& item, const SelectOutput& output);
  const bound::Visible* StructOf(const ast::Expr& expr) const;
  bool AddStructKey(const bound::Visible& visible, const std::string& name);
  std::string NameOf(const ast::Expr& expr, size_t position) const;
  BoundExprPtr BindItem(const SelectItem& item);
  BoundExprPtr BindWhole(const ast::Expr& expr);
  bool BindKeys();
  bool AddKey(BoundExprPtr key, const std::string& name);
  const SelectOutput* OutputOf(const ast::Expr& expr, const std::string& clause, bool* ok);
  BoundExprPtr ToGrouped(const BoundExprPtr& expr, Span span, bool* ok);
  bound::WindowRole RoleOf(const BoundExpr& expr) const;
  // Of an expression over the grouping's columns, else those of `from`.
  bound::WindowRole RoleBelow(const BoundExpr& expr) const;
  void BindDistinct(const std::vector<bound::Column>& columns);
  bool CheckNames();
  void DeriveKey(const std::vector<BoundExprPtr>& outputs, bound::Schema* schema) const;
  bool CheckSession();
  bool CheckApart(const bound::Grouping& grouping, const std::string& clause, Span span);
  void WarnUnbounded(const bound::Grouping& grouping, Span span);

  // ranking.cc
  static bool IsPlace(const SelectItem& item);  // ROW_NUMBER() OVER (...)
  Diagnostic& WrongRanking(Span span, const std::string& message, const std::string& code);
  const ast::Expr* RowNumberOf(const ast::Expr& expr);
  bool ReadQualify();
  bool FindRanking();
  bool RankingHasAggregate() const;
  BoundExprPtr BindTerm(const ast::Expr& expr, const std::vector<BoundExprPtr>& items);
  // `items`: the select list, bound.
  bool BindTerms(const std::vector<BoundExprPtr>& items);
  std::vector<std::string> InputNames() const;
  void BindPartition(bound::Grouping* groups);
  bool PartitionFollowsFromKey() const;
  void DeriveRankingKey(const std::vector<BoundExprPtr>& outputs, bound::Schema* schema);
  // Makes `outputs` expressions over the ranking's columns.
  bool BindRanking(std::vector<BoundExprPtr>* outputs, bound::Schema* schema);

  const ast::Query& query_;
  const ast::Select& select_;
  std::shared_ptr<const bound::Relation> from_;
  Diagnostics* out_;
  Index* index_;
  bound::Select* result_;
  Scope scope_;
  ExprBinder binder_;
  std::vector<SelectItem> items_;
  std::vector<SelectOutput> outputs_;
  std::vector<program::StructColumns> structs_;  // of items
  std::vector<Type> struct_types_;
  std::unordered_map<const ast::Expr*, BoundExprPtr>
      wholes_;  // STRUCTs with items for their leaves
  std::vector<bound::AggregateCall> calls_;
  std::optional<AskedRanking> ranked_;
  std::vector<RankingTerm> terms_;  // of the ranking
};

}  // namespace flow
