// Binder::BindTest: the records that sources are given, and the rows and counts that are expected.
#include <algorithm>

#include "compiler/bind/binder.h"
#include "compiler/bind/literal.h"
#include "compiler/bind/record_text.h"
#include "compiler/bind/types.h"

namespace flow {

namespace {

std::string PathText(const std::vector<ast::Name>& path) {
  std::string text;
  for (const ast::Name& name : path) text += (text.empty() ? "" : ".") + name.text;
  return text;
}

class TestBinder {
 public:
  TestBinder(const ast::TestStmt& statement, Binder* binder)
      : statement_(statement), binder_(binder), out_(binder->out) {}

  void Bind() {
    test_.name = statement_.name.text;
    test_.span = statement_.name.span;
    for (const ast::GivenClause& given : statement_.given) BindGiven(given);
    for (const ast::ExpectClause& expect : statement_.expected) BindExpect(expect);
    if (test_.views.empty()) AddViewsOfSources();
    binder_->tests.push_back(std::move(test_));
  }

 private:
  Diagnostic& Wrong(Span span, std::string message, const char* code) {
    Diagnostic& d = out_->Error(span, std::move(message));
    d.code = code;
    return d;
  }

  void NoteUse(Span span, Span declared) {
    if (binder_->index != nullptr && declared.end > 0) {
      binder_->index->uses.push_back({span, declared});
    }
  }

  // nullptr after a report, or if its declaration had errors.
  const RelationName* Find(const ast::Name& name, bool sources_only) {
    const auto found = binder_->names.find(name.text);
    if (found != binder_->names.end()) {
      if (found->second.broken) return nullptr;
      if (!sources_only || found->second.kind == bound::RelationKind::kSource) {
        NoteUse(name.span, found->second.span);
        return &found->second;
      }
      Diagnostic& d = Wrong(name.span, Quoted(name.text) + " is no source", "not-a-source");
      d.label =
          found->second.kind == bound::RelationKind::kLate ? "what is late for a view" : "a view";
      d.hint = "rows are given to sources: " + ListOf(Sources());
      return nullptr;
    }
    const std::vector<std::string> known = sources_only ? Sources() : binder_->KnownNames();
    Diagnostic& d = Wrong(name.span,
                          std::string("unknown ") + (sources_only ? "source " : "source or view ") +
                              Quoted(name.text),
                          "unknown-name");
    d.hint = Suggest(name.text, known, known.empty() ? "" : "there is " + ListOf(known));
    return nullptr;
  }

  std::vector<std::string> Sources() const {
    std::vector<std::string> names;
    for (const bound::Source& source : binder_->script.sources) names.push_back(source.spec.name);
    return names;
  }

  // --- GIVEN ------------------------------------------------------------------------------------

  // Where the values of a column go: a field of the record, or what the log has beside it.
  struct Target {
    const program::SourceColumn* field = nullptr;
    program::ColumnFrom meta = program::ColumnFrom::kField;
    std::string name;
    Type type;
  };

  void BindGiven(const ast::GivenClause& given) {
    const RelationName* relation = Find(given.source, true);
    if (relation == nullptr) return;
    for (const bound::GivenLog& other : test_.given) {
      if (other.source != relation->index) continue;
      Diagnostic& d =
          Wrong(given.source.span, Quoted(given.source.text) + " is given twice", "duplicate-name");
      d.hint = "the rows of other partitions follow: PARTITION 1 VALUES (...)";
      return;
    }
    const bound::Source& source = binder_->script.sources[static_cast<size_t>(relation->index)];
    std::vector<Target> targets;
    bool ok = true;
    for (const ast::TestColumn& column : given.columns) {
      std::optional<Target> target = TargetOf(source, column);
      if (target) {
        const ast::Name& first = column.path[0];
        const bound::Visible* visible = FindVisible(source.schema.names, first.text);
        if (visible != nullptr && !column.meta) NoteUse(first.span, visible->declared);
        for (const Target& other : targets) {
          if (other.name == target->name && other.meta == target->meta) {
            Wrong(column.span, "duplicate column " + Quoted(target->name), "duplicate-name");
            ok = false;
          }
        }
        targets.push_back(std::move(*target));
      } else {
        ok = false;
      }
    }
    if (given.columns.empty()) {
      for (const program::SourceColumn& field : source.spec.declared) {
        targets.push_back({&field, program::ColumnFrom::kField, field.name, field.type});
      }
    }
    if (!ok) return;
    bound::GivenLog log;
    log.source = relation->index;
    for (const std::vector<ast::GivenRow>& partition : given.partitions) {
      std::vector<program::LogRecord>& records = log.partitions.emplace_back();
      for (const ast::GivenRow& row : partition) records.push_back(Record(source, targets, row));
    }
    test_.given.push_back(std::move(log));
  }

  std::optional<Target> TargetOf(const bound::Source& source, const ast::TestColumn& column) {
    const std::string name = PathText(column.path);
    if (column.meta) {
      const std::string what = LowerCase(name);
      if (what == "key") return Target{nullptr, program::ColumnFrom::kKey, name, TypeKind::kString};
      if (what == "timestamp") {
        return Target{nullptr, program::ColumnFrom::kTimestamp, name, TypeKind::kTimestamp};
      }
      NoMeta(column.span, what);
      return std::nullopt;
    }
    std::vector<std::string> known;
    for (const program::SourceColumn& field : source.spec.declared) {
      if (field.name == name) return Target{&field, program::ColumnFrom::kField, name, field.type};
      known.push_back(field.name);
    }
    for (const program::SourceColumn& physical : source.spec.columns) {
      if (physical.name != name || physical.from == program::ColumnFrom::kPresence) continue;
      if (physical.from == program::ColumnFrom::kKey ||
          physical.from == program::ColumnFrom::kTimestamp) {
        return Target{nullptr, physical.from, name, physical.type};
      }
      NoMeta(column.span, physical.from == program::ColumnFrom::kPartition ? "partition"
                          : physical.from == program::ColumnFrom::kOffset  ? "offset"
                                                                           : "headers");
      return std::nullopt;
    }
    const bound::Visible* visible =
        column.path.size() == 1 ? FindVisible(source.schema.names, name) : nullptr;
    if (visible != nullptr && (visible->expr != nullptr || visible->whole != nullptr)) {
      Diagnostic& d =
          Wrong(column.span, Quoted(name) + " is computed from other columns", "not-given");
      d.hint = "give the columns that it is computed from";
      return std::nullopt;
    }
    if (visible != nullptr) {
      Diagnostic& d = Wrong(column.span, Quoted(name) + " is a STRUCT", "not-given");
      d.hint = "give its fields: " + name + "." + visible->fields.front().name;
      return std::nullopt;
    }
    Diagnostic& d = Wrong(column.span, "unknown column " + Quoted(name), "unknown-column");
    d.label = "not a column of source " + source.spec.name;
    d.hint = Suggest(name, known, "there is " + ListOf(known));
    return std::nullopt;
  }

  void NoMeta(Span span, const std::string& what) {
    Diagnostic& d = Wrong(span, "META " + what + " is not given", "not-given");
    if (what == "partition") {
      d.hint = "it is that of the rows: PARTITION 1 VALUES (...)";
    } else if (what == "offset") {
      d.hint = "it is the row's place in its partition, from 0";
    } else {
      d.hint = "there is META key and META timestamp";
    }
  }

  program::LogRecord Record(const bound::Source& source, const std::vector<Target>& targets,
                            const ast::GivenRow& row) {
    program::LogRecord record;
    if (row.record) {
      record.value = *row.record;
      return record;
    }
    if (!RightCount(row.values.size(), targets.size(), row.span)) return record;
    const bool csv = source.spec.format == program::Format::kCsv;
    JsonTree json;
    std::vector<std::string> fields(source.spec.declared.size(),
                                    csv && source.spec.format_options.contains("null")
                                        ? source.spec.format_options.at("null")
                                        : "");
    for (size_t i = 0; i < targets.size(); ++i) {
      const ast::Expr& value = *row.values[i];
      if (targets[i].field == nullptr) {
        BindMeta(targets[i], value, &record);
        continue;
      }
      if (!FieldFits(targets[i], value)) continue;
      if (csv) {
        fields[static_cast<size_t>(targets[i].field->position)] =
            CsvField(value, source.spec.format_options).value_or("");
      } else if (!json.Put(targets[i].field->path, JsonValue(value).value_or("null"))) {
        Diagnostic& d = Wrong(value.span,
                              "column " + Quoted(targets[i].name) +
                                  " has its place in the record where another one has it",
                              "not-given");
        d.hint = "give the whole record: RECORD '{...}'";
      }
    }
    if (!csv) {
      record.value = json.ToText();
      return record;
    }
    const std::string delimiter = CsvDelimiter(source.spec.format_options);
    for (size_t i = 0; i < fields.size(); ++i) record.value += (i > 0 ? delimiter : "") + fields[i];
    return record;
  }

  void BindMeta(const Target& target, const ast::Expr& value, program::LogRecord* record) {
    std::optional<Result<Datum>> datum = ConstantAs(value, target.type);
    if (!datum || !datum->ok()) {
      NotAConstant(value, datum ? datum->error().message : "", target.name, target.type);
      return;
    }
    if (datum->value().is_null()) return;
    if (target.meta == program::ColumnFrom::kKey) record->key = datum->value().s;
    if (target.meta == program::ColumnFrom::kTimestamp) record->timestamp = datum->value().i;
  }

  // The STRUCT(...) in the value whose fields are not those of its type, in their order; or
  // nullptr.
  static const ast::Expr* OtherFields(const ast::Expr& value, const Type& type) {
    const bool is_struct = type.is(TypeKind::kStruct) && IsStructLiteral(value);
    if (!is_struct && !(type.is(TypeKind::kArray) && IsArrayLiteral(value))) return nullptr;
    if (is_struct && value.children.size() != type.fields->size()) return &value;
    for (size_t i = 0; i < value.children.size(); ++i) {
      if (is_struct && value.path[i + 1].text != (*type.fields)[i].name) return &value;
      const Type& inner = is_struct ? (*type.fields)[i].type : *type.element;
      if (const ast::Expr* other = OtherFields(*value.children[i], inner)) return other;
    }
    return nullptr;
  }

  // A text is what the record has there, whatever the column makes of it. Other literals have to be
  // of the column's kind.
  bool FieldFits(const Target& target, const ast::Expr& value) {
    const ast::Expr* e = &value;
    while (e->kind == ast::ExprKind::kUnary) e = e->children[0].get();
    const Type& type = target.type;
    bool fits = true;
    if (!JsonValue(value)) {
      fits = false;
    } else if (e->kind == ast::ExprKind::kNumber) {
      fits = type.is_numeric() || type.is(TypeKind::kString) || type.is(TypeKind::kTimestamp) ||
             type.is(TypeKind::kJson);
    } else if (e->kind == ast::ExprKind::kDuration) {
      fits = type.is(TypeKind::kInterval) || type.is(TypeKind::kString);
    } else if (e->kind == ast::ExprKind::kCall) {
      fits = type.is(TypeKind::kArray) || type.is(TypeKind::kJson) || type.is(TypeKind::kString);
    } else if (e->kind == ast::ExprKind::kBool) {
      fits = type.is(TypeKind::kBoolean) || type.is(TypeKind::kString) || type.is(TypeKind::kJson);
    } else if (e->kind == ast::ExprKind::kTyped) {
      fits = type == e->type || type.is(TypeKind::kString) ||
             (type.is(TypeKind::kTimestamp) && e->type.is(TypeKind::kDate));
    }
    if (fits && e->kind == ast::ExprKind::kCall) {
      if (const ast::Expr* other = OtherFields(value, type)) {
        Wrong(other->span, "not the fields of its type", "type-mismatch").label =
            "column " + Quoted(target.name) + " is " + type.ToString();
        return false;
      }
    }
    if (fits) return true;
    if (!JsonValue(value)) {
      NotAConstant(value, "", target.name, type);
      return false;
    }
    Diagnostic& d = Wrong(value.span, "this is no " + type.ToString(), "type-mismatch");
    d.label = "column " + Quoted(target.name) + " is " + type.ToString();
    d.hint = "what can not be read is given as a string, or in the whole record: RECORD '...'";
    return false;
  }

  void NotAConstant(const ast::Expr& value, const std::string& why, const std::string& column,
                    const Type& type) {
    Diagnostic& d = Wrong(value.span, why.empty() ? "not a constant" : why,
                          why.empty() ? "not-constant" : "bad-literal");
    d.label = "column " + Quoted(column) + " is " + type.ToString();
  }

  bool RightCount(size_t values, size_t columns, Span span) {
    if (values == columns) return true;
    Wrong(span, "a row of " + std::to_string(values) + (values == 1 ? " value" : " values"),
          "test-columns")
        .label = "for " + std::to_string(columns) + (columns == 1 ? " column" : " columns");
    return false;
  }

  // --- EXPECT -----------------------------------------------------------------------------------

  void BindExpect(const ast::ExpectClause& expect) {
    const RelationName* relation = Find(expect.name, expect.kind == ast::ExpectKind::kDeadLetters);
    if (relation == nullptr) return;
    switch (expect.kind) {
      case ast::ExpectKind::kRows:
        BindRows(expect, *relation);
        break;
      case ast::ExpectKind::kDeadLetters:
        BindLetters(expect);
        break;
      case ast::ExpectKind::kCounts:
        BindCounts(expect, *relation);
        break;
    }
  }

  void Want(const std::string& view) {
    if (std::find(test_.views.begin(), test_.views.end(), view) == test_.views.end()) {
      test_.views.push_back(view);
    }
  }

  void BindRows(const ast::ExpectClause& expect, const RelationName& relation) {
    bound::ExpectedRows rows;
    rows.name = expect.name.text;
    const bound::View* view = nullptr;
    if (relation.kind == bound::RelationKind::kView) {
      view = &binder_->script.views[static_cast<size_t>(relation.index)];
    } else {
      view = ViewOf(expect);
      if (view == nullptr) return;
    }
    rows.view = view->name;
    Want(view->name);
    const bool all = expect.columns.empty() || relation.kind != bound::RelationKind::kView;
    bool ok = true;
    auto add = [&](const bound::Visible& visible, auto&& self) -> void {
      for (const bound::Visible& field : visible.fields) self(field, self);
      if (visible.expr == nullptr) return;
      const size_t column = static_cast<size_t>(visible.expr->column);
      rows.columns.push_back(view->schema.columns[column].name);
      rows.types.push_back(visible.type);
    };
    if (all) {
      for (const bound::Visible& visible : view->schema.names) add(visible, add);
    }
    Scope scope;
    scope.schema = &view->schema;
    scope.qualifier = view->name;
    scope.qualifier_declared = relation.span;
    scope.index = binder_->index;
    for (const ast::TestColumn& column : expect.columns) {
      if (all) break;
      if (column.meta) {
        NoMeta(column.span, LowerCase(column.path[0].text));
        ok = false;
        continue;
      }
      const bound::Visible* visible = ResolveColumn(scope, column.path, column.span, out_);
      ok &= visible != nullptr;
      if (visible == nullptr) continue;
      if (visible->expr == nullptr) {
        Wrong(column.span, Quoted(PathText(column.path)) + " is a STRUCT", "test-columns").hint =
            "name its fields: " + PathText(column.path) + "." + visible->fields.front().name;
        ok = false;
        continue;
      }
      const size_t before = rows.columns.size();
      add(*visible, add);
      for (size_t i = 0; i < before; ++i) {
        if (rows.columns[i] != rows.columns[before]) continue;
        Wrong(column.span, "duplicate column " + Quoted(rows.columns[i]), "duplicate-name");
        ok = false;
      }
    }
    if (!ok) return;
    BindExpectedRows(expect, rows.columns, rows.types, &rows.rows);
    test_.rows.push_back(std::move(rows));
  }

  // A view of the rows that a source, or a relation of what is late, has in these columns.
  const bound::View* ViewOf(const ast::ExpectClause& expect) {
    ast::ViewStmt view;
    view.span = expect.span;
    view.name = {"rows of " + expect.name.text + " in test " + test_.name + " " +
                     std::to_string(test_.rows.size()),
                 expect.name.span};
    view.query = std::make_unique<ast::Query>();
    view.query->span = expect.span;
    ast::Select& select = view.query->selects.emplace_back();
    select.span = expect.span;
    select.from.name = expect.name;
    select.from.span = expect.name.span;
    for (const ast::TestColumn& column : expect.columns) {
      ast::SelectItem& item = select.items.emplace_back();
      item.expr = std::make_unique<ast::Expr>();
      item.expr->kind = ast::ExprKind::kColumn;
      item.expr->path = column.path;
      item.expr->span = column.span;
      item.alias = ast::Name{PathText(column.path), column.span};
      if (!column.meta) continue;
      NoMeta(column.span, LowerCase(column.path[0].text));
      return nullptr;
    }
    if (expect.columns.empty()) {
      ast::SelectItem& item = select.items.emplace_back();
      item.expr = std::make_unique<ast::Expr>();
      item.expr->kind = ast::ExprKind::kStar;
      item.expr->span = expect.name.span;
    }
    const int errors = out_->error_count();
    // It is nobody else's: nor are the names it declares, but those that it uses are.
    Index own;
    Index* const index = binder_->index;
    if (index != nullptr) binder_->index = &own;
    binder_->BindView(view);
    binder_->index = index;
    for (const NameUse& use : own.uses) {
      if (use.span.begin != expect.name.span.begin) NoteUse(use.span, use.declared);
    }
    binder_->names.erase(view.name.text);
    return out_->error_count() > errors ? nullptr : &binder_->script.views.back();
  }

  void BindLetters(const ast::ExpectClause& expect) {
    static const std::vector<std::pair<std::string, Type>> kColumns = {
        {"partition", TypeKind::kInt},
        {"offset", TypeKind::kBigint},
        {"view", TypeKind::kString},
        {"error", TypeKind::kString},
        {"raw", TypeKind::kString}};
    bound::ExpectedLetters letters;
    letters.source = expect.name.text;
    std::vector<std::string> known;
    for (const auto& [name, type] : kColumns) known.push_back(name);
    bool ok = true;
    for (const ast::TestColumn& column : expect.columns) {
      const std::string name = PathText(column.path);
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end() || column.meta) {
        Diagnostic& d = Wrong(column.span, "unknown column " + Quoted(name), "unknown-column");
        d.label = "not a column of dead letters";
        d.hint = Suggest(name, known, "there is " + ListOf(known));
        ok = false;
        continue;
      }
      letters.columns.push_back(name);
      letters.types.push_back(kColumns[static_cast<size_t>(found - known.begin())].second);
    }
    if (expect.columns.empty()) {
      letters.columns = known;
      for (const auto& [name, type] : kColumns) letters.types.push_back(type);
    }
    if (!ok) return;
    BindExpectedRows(expect, letters.columns, letters.types, &letters.rows);
    test_.letters.push_back(std::move(letters));
  }

  void BindExpectedRows(const ast::ExpectClause& expect, const std::vector<std::string>& columns,
                        const std::vector<Type>& types,
                        std::vector<std::vector<bound::ExpectedValue>>* rows) {
    for (const ast::TestRow& written : expect.rows) {
      if (!RightCount(written.values.size(), columns.size(), written.span)) continue;
      std::vector<bound::ExpectedValue>& row = rows->emplace_back();
      for (size_t i = 0; i < columns.size(); ++i) {
        row.push_back(Expected(*written.values[i], columns[i], types[i]));
      }
    }
  }

  // A constant, or APPROX(constant, tolerance) of a DOUBLE.
  bound::ExpectedValue Expected(const ast::Expr& expr, const std::string& column,
                                const Type& type) {
    bound::ExpectedValue expected;
    expected.value = Datum::Null(type);
    const ast::Expr* value = &expr;
    const bool approximate = expr.kind == ast::ExprKind::kCall && expr.path.size() == 1 &&
                             UpperCase(expr.path[0].text) == "APPROX";
    if (approximate) {
      if (!type.is(TypeKind::kDouble) || expr.children.size() != 2) {
        Diagnostic& d = Wrong(expr.span, "APPROX(value, tolerance) is for DOUBLE", "type-mismatch");
        d.label = "column " + Quoted(column) + " is " + type.ToString();
        return expected;
      }
      value = expr.children[0].get();
      std::optional<Result<Datum>> off = ConstantAs(*expr.children[1], type);
      if (!off || !off->ok() || off->value().is_null() || !(off->value().d >= 0)) {
        Wrong(expr.children[1]->span, "the tolerance is a number that is not negative",
              "bad-literal");
        return expected;
      }
      expected.tolerance = off->value().d;
    }
    std::optional<Result<Datum>> constant = ConstantAs(*value, type);
    if (!constant || !constant->ok()) {
      NotAConstant(*value, constant ? constant->error().message : "", column, type);
      return expected;
    }
    if (Rounds(*value, type)) {
      Diagnostic& d = Wrong(value->span, "a value of this column can not be so", "bad-literal");
      d.label = "column " + Quoted(column) + " is " + type.ToString();
      d.hint = "it has " + std::to_string(type.scale) + " digits after the point";
    }
    expected.value = std::move(*constant).value();
    return expected;
  }

  // Has the number more digits after the point than the type?
  static bool Rounds(const ast::Expr& expr, const Type& type) {
    const ast::Expr* e = &expr;
    while (e->kind == ast::ExprKind::kUnary) e = e->children[0].get();
    if (!type.is(TypeKind::kDecimal) || e->kind != ast::ExprKind::kNumber) return false;
    const size_t point = e->text.find('.');
    if (point == std::string::npos || e->text.find_first_of("eE") != std::string::npos)
      return false;
    const size_t last = e->text.find_last_not_of('0');
    return last > point && last - point > static_cast<size_t>(type.scale);
  }

  void BindCounts(const ast::ExpectClause& expect, const RelationName& relation) {
    struct Known {
      const char* name;
      bound::Count count;
      bool of_source, of_view;
    };
    static constexpr Known kKnown[] = {{"READ", bound::Count::kRead, true, false},
                                       {"DECODED", bound::Count::kDecoded, true, true},
                                       {"ACCEPTED", bound::Count::kAccepted, false, true},
                                       {"FILTERED", bound::Count::kFiltered, false, true},
                                       {"LATE", bound::Count::kLate, false, true},
                                       {"LATE_WINDOWS", bound::Count::kLateWindows, false, true},
                                       {"DEAD", bound::Count::kDead, true, true},
                                       {"DUPLICATE", bound::Count::kDuplicate, true, false},
                                       {"ERRORS", bound::Count::kErrors, false, true}};
    const bool of_source = relation.kind == bound::RelationKind::kSource;
    if (relation.kind == bound::RelationKind::kLate) {
      Diagnostic& d =
          Wrong(expect.name.span, Quoted(expect.name.text) + " has no counts", "unknown-count");
      d.label = "what is late for a view";
      d.hint = "the view counts it: EXPECT view LATE 1";
      return;
    }
    if (expect.from && (of_source || Find(*expect.from, true) == nullptr)) {
      if (of_source) Wrong(expect.from->span, "a source reads from no other", "unknown-count");
      return;
    }
    if (!of_source) Want(expect.name.text);
    for (const ast::ExpectedCount& written : expect.counts) {
      std::vector<std::string> names;
      const Known* found = nullptr;
      for (const Known& known : kKnown) {
        if (of_source ? !known.of_source : !known.of_view) continue;
        names.emplace_back(known.name);
        if (written.what.text == known.name) found = &known;
      }
      if (found == nullptr) {
        Diagnostic& d =
            Wrong(written.what.span, "unknown count " + Quoted(written.what.text), "unknown-count");
        d.label = std::string("not counted for a ") + (of_source ? "source" : "view");
        d.hint = Suggest(written.what.text, names, "there is " + ListOf(names));
        continue;
      }
      bound::ExpectedCount count;
      count.name = expect.name.text;
      count.of_source = of_source;
      if (expect.from) count.from = expect.from->text;
      count.what = found->count;
      count.text = found->name;
      count.count = written.count;
      test_.counts.push_back(std::move(count));
    }
  }

  // Only counts and dead letters of sources are expected: on the way to all views.
  void AddViewsOfSources() {
    for (const bound::View& view : binder_->script.views) {
      if (binder_->names.contains(view.name)) Want(view.name);
    }
  }

  const ast::TestStmt& statement_;
  Binder* binder_;
  Diagnostics* out_;
  bound::Test test_;
};

}  // namespace

void Binder::BindTest(const ast::TestStmt& statement) {
  for (const bound::Test& other : tests) {
    if (other.name != statement.name.text) continue;
    Diagnostic& d =
        out->Error(statement.name.span, "duplicate test " + Quoted(statement.name.text));
    d.label = "already declared above";
    d.code = "duplicate-name";
    return;
  }
  TestBinder(statement, this).Bind();
}

}  // namespace flow
