// Print: the tree of a script as text, one node a line.
#include <string_view>

#include "compiler/ast/ast.h"
#include "compiler/ast/sql_text.h"

namespace flow::ast {

namespace {

class Printer {
 public:
  void Source(const SourceStmt& source) {
    Line("source " + SqlName(source.name.text));
    Indent inside(this);
    for (const ColumnDef& column : source.columns) Column(column);
    Connector("from ", source.from);
    if (source.inline_rows) Rows(*source.inline_rows);
    if (source.format) Format(*source.format);
    if (source.event_time) Line("event time " + SqlName(source.event_time->text));
    if (source.watermark) Line("watermark " + SqlDuration(source.watermark->us));
    if (source.idle) Line("idle " + SqlDuration(source.idle->us));
    if (source.ahead) Line("ahead " + SqlDuration(source.ahead->us));
    if (source.unique) {
      for (const ExprPtr& key : source.unique->keys) Line("unique by " + ToSql(*key));
      Line("within " + SqlDuration(source.unique->within.us) +
           (source.unique->per_partition ? " per partition" : ""));
    }
    if (source.max_rate) Line("max rate " + std::to_string(*source.max_rate));
    if (source.overload) {
      Line("overload " + source.overload->text +
           (source.shed_after ? " " + SqlDuration(source.shed_after->us) : ""));
    }
    if (source.dead_letter) Connector("dead letter to ", *source.dead_letter);
  }

  void Function(const FunctionStmt& function) {
    Line("function " + SqlName(function.name.text));
    Indent inside(this);
    for (const Parameter& parameter : function.parameters) {
      Line("parameter " + SqlName(parameter.name.text) + " " + SqlType(parameter.type));
    }
    Line("returns " + SqlType(function.returns));
    Line("as " + ToSql(*function.body));
  }

  void View(const ViewStmt& view) {
    Line("view " + SqlName(view.name.text));
    Indent inside(this);
    Query(*view.query);
    if (view.lateness) Line("allow lateness " + SqlDuration(view.lateness->us));
    if (view.late_to) Line("late to " + SqlName(view.late_to->text));
    switch (view.emit) {
      case Emit::kDefault:
        break;
      case Emit::kOnClose:
        Line("emit on close");
        break;
      case Emit::kEvery:
        Line("emit every " + SqlDuration(view.emit_every.us));
        break;
      case Emit::kChanges:
        Line("emit changes");
        break;
    }
    if (view.retain) Line("retain " + SqlDuration(view.retain->us));
  }

  void Sink(const SinkStmt& sink) {
    Line("sink " + SqlName(sink.name.text));
    Indent inside(this);
    Line("from " + SqlName(sink.from.text));
    Connector("into ", sink.into);
    if (sink.format) Format(*sink.format);
    if (sink.mode == SinkMode::kAppend) Line("append");
    if (sink.mode == SinkMode::kUpsert) Line("upsert");
  }

  void Test(const TestStmt& test) {
    Line("test " + SqlName(test.name.text));
    Indent inside(this);
    for (const GivenClause& given : test.given) {
      Line("given " + SqlName(given.source.text) + Columns(given.columns));
      Indent clause(this);
      for (size_t i = 0; i < given.partitions.size(); ++i) {
        Line("partition " + std::to_string(i));
        Indent partition(this);
        for (const GivenRow& row : given.partitions[i]) {
          Line(row.record ? "record " + SqlString(*row.record) : "row " + Values(row.values));
        }
      }
    }
    for (const ExpectClause& expect : test.expected) {
      std::string line = "expect " + SqlName(expect.name.text);
      if (expect.from) line += " from " + SqlName(expect.from->text);
      if (expect.kind == ExpectKind::kDeadLetters) line += " dead letter";
      for (const ExpectedCount& count : expect.counts) {
        line += " " + count.what.text + " " + std::to_string(count.count);
      }
      Line(line + Columns(expect.columns));
      Indent clause(this);
      for (const TestRow& row : expect.rows) Line("row " + Values(row.values));
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  struct Indent {
    explicit Indent(Printer* p) : printer(p) { printer->depth_ += 2; }
    ~Indent() { printer->depth_ -= 2; }
    Printer* printer;
  };

  void Line(const std::string& line) { text_ += std::string(depth_, ' ') + line + "\n"; }

  void Column(const ColumnDef& column) {
    std::string line = "column " + SqlName(column.name.text) + " " + SqlType(column.type);
    if (column.not_null) line += " not null";
    if (column.path) line += " from " + SqlString(*column.path);
    if (column.meta) line += " meta " + SqlName(column.meta->text);
    if (column.computed) line += " as " + ToSql(*column.computed);
    Line(line);
  }

  static std::string Values(const std::vector<ExprPtr>& values) {
    std::string text;
    for (const ExprPtr& value : values) text += (text.empty() ? "" : ", ") + ToSql(*value);
    return text;
  }

  static std::string Columns(const std::vector<TestColumn>& columns) {
    std::string text;
    for (const TestColumn& column : columns) {
      text += text.empty() ? " (" : ", ";
      if (column.meta) text += "META ";
      for (size_t i = 0; i < column.path.size(); ++i) {
        text += (i > 0 ? "." : "") + SqlName(column.path[i].text);
      }
    }
    return text.empty() ? "" : text + ")";
  }

  void Connector(std::string_view role, const ConnectorClause& connector) {
    Line(std::string(role) + connector.connector.text);
    Options(connector.options);
  }

  void Format(const FormatClause& format) {
    Line("format " + format.format.text);
    Options(format.options);
  }

  void Options(const std::vector<Option>& options) {
    Indent inside(this);
    for (const Option& option : options) {
      std::string value = SqlString(option.value);
      Line("option " + option.name.text + " = " +
           (option.secret ? "SECRET(" + value + ")" : value));
    }
  }

  void Rows(const InlineRows& rows) {
    Indent inside(this);
    for (size_t i = 0; i < rows.partitions.size(); ++i) {
      Line("partition " + std::to_string(i));
      Indent partition(this);
      for (const auto& row : rows.partitions[i]) Line("row " + Values(row));
    }
  }

  void Query(const ast::Query& query) {
    Line("query");
    Indent inside(this);
    for (const Cte& cte : query.ctes) {
      Line("with " + SqlName(cte.name.text));
      Indent with(this);
      Query(*cte.query);
    }
    for (const ast::Select& select : query.selects) Select(select);
    for (const ExprPtr& item : query.order) Line("order by " + ToSql(*item));
    if (query.limit) Line("limit " + std::to_string(*query.limit));
  }

  void Select(const ast::Select& select) {
    Line(select.distinct ? "select distinct" : "select");
    Indent inside(this);
    for (const SelectItem& item : select.items) {
      std::string line = "item " + ToSql(*item.expr);
      if (item.alias) line += " as " + SqlName(item.alias->text);
      Line(line);
    }
    Relation(select.from);
    for (const ast::Unnest& unnest : select.unnests) Unnest(unnest);
    if (select.where) Line("where " + ToSql(*select.where));
    if (select.group_by_all) Line("group by all");
    for (const ExprPtr& key : select.group_by) Line("group by " + ToSql(*key));
    if (select.having) Line("having " + ToSql(*select.having));
    if (select.qualify) Line("qualify " + ToSql(*select.qualify));
  }

  void Relation(const ast::Relation& relation) {
    std::string line = "from ";
    switch (relation.kind) {
      case RelationKind::kTable:
        line += SqlName(relation.name.text);
        break;
      case RelationKind::kSubquery:
        line += "query";
        break;
      case RelationKind::kWindow:
        line += relation.window + " " +
                (relation.subquery ? std::string("query") : SqlName(relation.name.text)) +
                (relation.window == "SESSION" ? " gap " : " ") + SqlDuration(relation.size.us);
        for (size_t i = 0; i < relation.by.size(); ++i) {
          line += (i == 0 ? " by " : ", ") + ToSql(*relation.by[i]);
        }
        if (relation.slide.us != 0) line += " every " + SqlDuration(relation.slide.us);
        if (relation.offset) line += " offset " + SqlDuration(relation.offset->us);
        break;
    }
    if (relation.alias) line += " as " + SqlName(relation.alias->text);
    Line(line);
    if (relation.subquery) {
      Indent inside(this);
      Query(*relation.subquery);
    }
  }

  void Unnest(const ast::Unnest& unnest) {
    std::string line = (unnest.outer ? "left unnest " : "unnest ") + ToSql(*unnest.array);
    if (unnest.ordinality) line += " with ordinality";
    if (unnest.alias) line += " as " + SqlName(unnest.alias->text);
    for (size_t i = 0; i < unnest.columns.size(); ++i) {
      line += (i == 0 ? " (" : ", ") + SqlName(unnest.columns[i].text);
    }
    Line(line + (unnest.columns.empty() ? "" : ")"));
  }

  std::string text_;
  int depth_ = 0;
};

}  // namespace

std::string Print(const Script& script) {
  Printer printer;
  for (const Statement& statement : script.statements) {
    if (statement.source) printer.Source(*statement.source);
    if (statement.function) printer.Function(*statement.function);
    if (statement.view) printer.View(*statement.view);
    if (statement.sink) printer.Sink(*statement.sink);
    if (statement.test) printer.Test(*statement.test);
  }
  return printer.Take();
}

}  // namespace flow::ast
